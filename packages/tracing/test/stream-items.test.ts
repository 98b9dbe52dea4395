import { trace } from "@tracelake/tracing";
import { beforeEach, describe, expect, it } from "vitest";
import { collectGarbageUntil } from "../../../test/support/collect-garbage.ts";
import { outputs, startRecorder } from "../../../test/support/span-recorder.ts";

class Chunk {
  constructor(readonly text: string) {}
  toJSON(): unknown {
    return { kwargs: { content: this.text } };
  }
}

let recorder: ReturnType<typeof startRecorder>;
beforeEach(() => {
  recorder = startRecorder();
});

describe("the items of a stream", () => {
  it("are recorded as they were when they came", () => {
    const counter = { count: 0 };
    const count = trace(
      function* () {
        for (counter.count = 1; counter.count < 4; counter.count++) yield counter;
      },
      { name: "count" },
    );
    for (const item of count()) expect(item).toBe(counter);
    expect(outputs(recorder.span("count"))).toEqual([{ count: 1 }, { count: 2 }, { count: 3 }]);
  });

  const repeat = (length: number, item: unknown, reduceOutput?: (items: readonly unknown[]) => unknown) => {
    const generate = trace(
      function* () {
        for (let n = 0; n < length; n++) yield item;
      },
      { name: "repeat", ...(reduceOutput === undefined ? {} : { reduceOutput }) },
    );
    for (const _ of generate());
    return recorder.span("repeat");
  };

  it.each([
    ["texts", "é".repeat(50)],
    ["numbers", 1234567],
    ["objects", { delta: { content: "x".repeat(100) } }],
  ])("are kept while they may be recorded: %s", (_, item) => {
    recorder = startRecorder({ maxValueBytes: 2000 });
    const span = repeat(1000, item);
    const items = outputs(span) as unknown[];
    expect(items.length).toBeGreaterThan(10);
    expect(items[0]).toEqual(item);
    expect(items.at(-1)).toBe("[More items were not kept]");
    expect(Buffer.byteLength(String(span.attributes["mlflow.spanOutputs"]))).toBeLessThanOrEqual(2000);
  });

  it("are 10,000 at most, and cut where one is too long", () => {
    const many = repeat(10_002, 1);
    expect(outputs(many)).toEqual([...Array.from({ length: 10_000 }, () => 1), "[More items were not kept]"]);
    recorder = startRecorder({ maxValueBytes: 2000 });
    expect(outputs(repeat(2, { role: "user", content: "x".repeat(5000) }))).toEqual([
      { role: "user", content: expect.stringMatching(/^x+… \[truncated \d+ bytes\]$/) as string },
      "[More items were not kept]",
    ]);
  });

  it("are given as they are to what reduces them, within the same bounds", async () => {
    const join = (items: readonly unknown[]) => items.map((item) => (item instanceof Chunk ? item.text : "!")).join("");
    expect(outputs(repeat(3, new Chunk("ab"), join))).toBe("ababab");
    recorder = startRecorder({ maxValueBytes: 2000 });
    let given = 0;
    repeat(1000, new Chunk("x".repeat(100)), (items) => (given = items.length));
    expect(given).toBeGreaterThan(10);
    expect(given).toBeLessThan(30);
  });

  it("are copied for it where they are bytes, as their memory goes to whoever reads them", async () => {
    const decode = (items: readonly unknown[]) => Buffer.concat(items as Uint8Array[]).toString();
    const download = trace(() => new Response("downloaded").body, { name: "download", reduceOutput: decode });
    expect(await new Response(download()).text()).toBe("downloaded");
    expect(outputs(recorder.span("download"))).toBe("downloaded");
  });

  it("are not kept where content is switched off", async () => {
    recorder = startRecorder({ content: false });
    let isCollected = false;
    let isReduced = false;
    const collected = new FinalizationRegistry(() => (isCollected = true));
    const make = () => {
      const item = {};
      collected.register(item, undefined);
      return item;
    };
    const generate = trace(
      function* () {
        for (let n = 0; n < 3; n++) yield make();
      },
      { name: "off", reduceOutput: () => (isReduced = true) },
    );
    const iterator = generate();
    for (let n = 0; n < 3; n++) iterator.next();
    await collectGarbageUntil(() => isCollected);
    expect(isCollected).toBe(true);
    iterator.next();
    expect(isReduced).toBe(false);
    expect(recorder.span("off").attributes).not.toHaveProperty("mlflow.spanOutputs");
  });
});
