import { Readable } from "node:stream";
import { observeIterator, startSpan, trace } from "@tracelake/tracing";
import { beforeEach, describe, expect, it } from "vitest";
import { collectGarbageUntil } from "../../../test/support/collect-garbage.ts";
import { outputs, startRecorder } from "../../../test/support/span-recorder.ts";

let recorder: ReturnType<typeof startRecorder>;
beforeEach(() => {
  recorder = startRecorder();
});

const untilSpansEnd = async (): Promise<string[]> => {
  await collectGarbageUntil(() => recorder.spans().length > 0);
  return recorder.spans().map((span) => span.name);
};

const collectGarbage = async (): Promise<void> => {
  let rounds = 0;
  await collectGarbageUntil(() => ++rounds > 10);
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

  it("ends the span of a stream of Node.js", async () => {
    const start = () => trace(() => new Readable({ read: () => undefined }), { name: "readable" })();
    start();
    expect(await untilSpansEnd()).toEqual(["readable"]);
  });
});

describe("a stream that is read on", () => {
  const readWhileCollecting = async (iterator: AsyncIterator<number>): Promise<void> => {
    for (let isDone = false; !isDone; isDone = (await iterator.next()).done === true) {
      await collectGarbage();
      expect(recorder.spans()).toEqual([]);
    }
  };

  it("keeps its span when the promise it came from is dropped", async () => {
    class Later<T> extends Promise<T> {}
    const ask = trace(() => Later.resolve({ [Symbol.asyncIterator]: count }), { name: "answer" });
    const start = async () => await ask();
    await readWhileCollecting((await start())[Symbol.asyncIterator]());
    expect(outputs(recorder.span("answer"))).toEqual([1, 2]);
  });

  it("keeps its span when the object it is the iterator of is dropped", async () => {
    const inner = count();
    const start = () => trace(() => ({ [Symbol.asyncIterator]: () => inner }), { name: "iterable" })();
    const take = () => start()[Symbol.asyncIterator]();
    await readWhileCollecting(take());
    expect(outputs(recorder.span("iterable"))).toEqual([1, 2]);
  });
});
