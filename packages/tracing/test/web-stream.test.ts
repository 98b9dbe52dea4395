import { observeReadableStream, trace } from "@tracelake/tracing";
import { beforeEach, describe, expect, it } from "vitest";
import { outputs, startRecorder } from "../../../test/support/span-recorder.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);

const byteStream = (...chunks: Uint8Array[]) =>
  new ReadableStream({
    type: "bytes",
    pull(controller) {
      const chunk = chunks.shift();
      if (chunk === undefined) {
        controller.close();
        controller.byobRequest?.respond(0);
      } else controller.enqueue(chunk);
    },
  });

const observe = (source: ReadableStream<unknown>) => {
  const ends: string[] = [];
  const observed = observeReadableStream(source, {
    onEnd: (items, end) => ends.push(`${end} ${items.length}`),
    onError: (error) => ends.push(String(error)),
  });
  return { observed, ends };
};

describe("an observed stream of bytes", () => {
  it("fills the buffer that its reader brings", async () => {
    const { observed, ends } = observe(byteStream(bytes(1, 2, 3), bytes(4)));
    const reader = observed.getReader({ mode: "byob" });
    const first = await reader.read(new Uint8Array(2));
    expect([...(first.value as Uint8Array)]).toEqual([1, 2]);
    const second = await reader.read(new Uint8Array(8));
    expect([...(second.value as Uint8Array)]).toEqual([3]);
    expect([...((await reader.read(new Uint8Array(8))).value as Uint8Array)]).toEqual([4]);
    expect((await reader.read(new Uint8Array(8))).done).toBe(true);
    expect(ends).toEqual(["completed 3"]);
  });

  it("hands on the chunks of its source to other readers, and lets them change", async () => {
    const { observed, ends } = observe(byteStream(bytes(1, 2, 3), bytes(4), bytes(5, 6)));
    const chunks = observed.getReader();
    expect((await chunks.read()).value).toEqual(bytes(1, 2, 3));
    chunks.releaseLock();
    const byob = observed.getReader({ mode: "byob" });
    expect((await byob.read(new Uint8Array(4))).value).toEqual(bytes(4));
    byob.releaseLock();
    const rest = observed.getReader();
    expect((await rest.read()).value).toEqual(bytes(5, 6));
    expect((await rest.read()).done).toBe(true);
    expect(ends).toEqual(["completed 3"]);
  });

  it("passes an error and a cancellation on", async () => {
    const broken = observe(
      new ReadableStream({ type: "bytes", pull: () => Promise.reject(new Error("the source broke")) }),
    );
    await expect(broken.observed.getReader({ mode: "byob" }).read(new Uint8Array(4))).rejects.toThrow("source broke");
    expect(broken.ends).toEqual(["Error: the source broke"]);
    const reasons: unknown[] = [];
    const left = observe(new ReadableStream({ type: "bytes", cancel: (reason) => void reasons.push(reason) }));
    await left.observed.cancel("enough");
    expect([left.ends, reasons]).toEqual([["left 0"], ["enough"]]);
  });

  it("says in the trace how large its chunks were", async () => {
    const recorder = startRecorder();
    await new Response(trace(() => byteStream(bytes(1, 2, 3)), { name: "download" })()).arrayBuffer();
    expect(outputs(recorder.span("download"))).toEqual([expect.stringContaining("3 bytes")]);
  });
});

/** As LangChain's `IterableReadableStream`: a stream that is its own iterator. */
class SteppedStream extends ReadableStream<string> {
  #reader: ReadableStreamDefaultReader<string> | undefined;
  next(): Promise<unknown> {
    return (this.#reader ??= this.getReader()).read();
  }
  async return(): Promise<unknown> {
    await (this.#reader ??= this.getReader()).cancel();
    return { done: true, value: undefined };
  }
}

describe("a web stream of a class of its own", () => {
  const letters = (controller: ReadableStreamDefaultController<string>): void => {
    for (const letter of ["a", "b"]) controller.enqueue(letter);
    controller.close();
  };
  let recorder: ReturnType<typeof startRecorder>;
  beforeEach(() => {
    recorder = startRecorder();
  });

  it("stays the same object, and is observed step by step where it has steps", async () => {
    const source = new SteppedStream({ start: letters });
    const stream = await trace(async () => source, { name: "stepped" })();
    expect(stream).toBe(source);
    expect([await stream.next(), await stream.next()]).toMatchObject([{ value: "a" }, { value: "b" }]);
    expect(recorder.spans()).toEqual([]);
    await stream.next();
    expect(outputs(recorder.span("stepped"))).toEqual(["a", "b"]);
    const left = trace(() => new SteppedStream({ start: letters }), { name: "left" })();
    await left.next();
    await left.return();
    expect(outputs(recorder.span("left"))).toEqual(["a"]);
  });

  it("stays the same object, and is observed while it is iterated where it has none", async () => {
    class NamedStream extends ReadableStream<string> {
      readonly label = "letters";
    }
    const source = new NamedStream({ start: letters });
    const stream = trace(() => source, { name: "named" })();
    expect(stream).toBe(source);
    const read: string[] = [];
    for await (const letter of stream) read.push(letter);
    expect([read, outputs(recorder.span("named"))]).toEqual([
      ["a", "b"],
      ["a", "b"],
    ]);
  });
});
