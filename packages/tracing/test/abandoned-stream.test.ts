import { observeIterator, startSpan, trace } from "@tracelake/tracing";
import { beforeEach, describe, expect, it } from "vitest";
import { collectGarbageUntil } from "../../../test/support/collect-garbage.ts";
import { startRecorder } from "../../../test/support/span-recorder.ts";

let recorder: ReturnType<typeof startRecorder>;
beforeEach(() => {
  recorder = startRecorder();
});

const untilSpansEnd = async (): Promise<string[]> => {
  await collectGarbageUntil(() => recorder.spans().length > 0);
  return recorder.spans().map((span) => span.name);
};

async function* count(): AsyncGenerator<number> {
  yield 1;
  yield 2;
}

describe("a stream that is dropped", () => {
  it("ends the span of a generator after a first step", async () => {
    const start = async () => trace(count, { name: "dropped" })().next();
    await start();
    expect(await untilSpansEnd()).toEqual(["dropped"]);
  });

  it("ends the span of an iterator that was never asked for anything", async () => {
    const start = () => {
      const span = startSpan({ name: "unread" });
      observeIterator(count(), span, { onEnd: (_, end) => span.end({ outputs: end }), onError: () => span.end() });
    };
    start();
    expect(await untilSpansEnd()).toEqual(["unread"]);
  });

  it("ends the span of an object with an async iterator", async () => {
    const start = () => trace(() => ({ [Symbol.asyncIterator]: count }), { name: "iterable" })();
    start();
    expect(await untilSpansEnd()).toEqual(["iterable"]);
  });
});
