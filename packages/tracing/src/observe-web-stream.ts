import { Collector, type StreamObserver } from "./observe-collector.ts";

/** A web stream that hands on the chunks of `source` as they are asked for, and tells when it is over. */
export const observeReadableStream = (
  source: ReadableStream<unknown>,
  observer: StreamObserver,
): ReadableStream<unknown> => {
  const collector = new Collector(observer);
  const byobReader = takeByobReader(source);
  const observed =
    byobReader === undefined ? passChunksOn(source, collector) : passBytesOn(source, byobReader, collector);
  collector.watch(observed);
  return observed;
};

const passChunksOn = (source: ReadableStream<unknown>, collector: Collector): ReadableStream<unknown> => {
  const reader = source.getReader();
  return new ReadableStream<unknown>(
    {
      async pull(controller) {
        const { done, value } = await failing(collector, () => reader.read());
        if (done) {
          collector.end("completed");
          controller.close();
        } else {
          collector.add(value);
          controller.enqueue(value);
        }
      },
      async cancel(reason) {
        collector.end("left");
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
};

/** Its reader may bring a buffer, which is then filled by the source itself; other reads get the source's own chunks. */
const passBytesOn = (
  source: ReadableStream<unknown>,
  first: ReadableStreamBYOBReader,
  collector: Collector,
): ReadableStream<unknown> => {
  let byob: ReadableStreamBYOBReader | undefined = first;
  let chunks: ReadableStreamDefaultReader<unknown> | undefined;
  const readInto = (view: ArrayBufferView) => {
    chunks?.releaseLock();
    chunks = undefined;
    byob ??= source.getReader({ mode: "byob" });
    const { buffer, byteOffset, byteLength } = view;
    return byob.read(new Uint8Array(buffer, byteOffset, byteLength));
  };
  const readChunk = () => {
    byob?.releaseLock();
    byob = undefined;
    chunks ??= source.getReader();
    return chunks.read();
  };
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      const { byobRequest } = controller;
      const view = byobRequest?.view;
      const { done, value } = await failing(collector, () => (view ? readInto(view) : readChunk()));
      if (done) {
        collector.end("completed");
        controller.close();
        byobRequest?.respondWithNewView(value instanceof Uint8Array ? value : new Uint8Array());
        return;
      }
      // Before it is handed on, as that takes its memory away.
      collector.add(value);
      if (!(value instanceof Uint8Array)) return;
      if (byobRequest) byobRequest.respondWithNewView(value);
      else controller.enqueue(value);
    },
    async cancel(reason) {
      collector.end("left");
      await (byob ?? chunks)?.cancel(reason);
    },
  });
};

// Only a stream of bytes has one.
const takeByobReader = (source: ReadableStream<unknown>): ReadableStreamBYOBReader | undefined => {
  try {
    return source.getReader({ mode: "byob" });
  } catch {
    return undefined;
  }
};

const failing = async <T>(collector: Collector, read: () => Promise<T>): Promise<T> => {
  try {
    return await read();
  } catch (error) {
    collector.fail(error);
    throw error;
  }
};
