import type { LiveSpan } from "./live-span.ts";
import { safely } from "./runtime.ts";

/** How a stream ended without an error: read to its end, or left before. */
export type StreamEnd = "completed" | "left";

/** What is told about a stream. Of `onEnd` and `onError` one is called, once. */
export interface StreamObserver {
  /** Called for every item; with it no items are kept. */
  readonly onItem?: (item: unknown) => void;
  /** `items` are the first ones the stream produced. */
  readonly onEnd: (items: readonly unknown[], end: StreamEnd) => void;
  readonly onError: (error: unknown) => void;
}

// A stream's items are kept until it ends: beyond this the trace says only that there were more.
const mostItemsKept = 10_000;

// One registry for the process.
const abandoned = new FinalizationRegistry<() => void>((finish) => safely(finish, undefined));

/**
 * Calls `finish` some time after `subject` was dropped by everyone, so that a span whose end depends on it ends all the
 * same. Nothing that `finish` can reach may reach `subject`: functions made in one scope share what any of them uses.
 */
export const onAbandoned = (subject: object, finish: () => void): void => abandoned.register(subject, finish);

class Collector {
  readonly #observer: StreamObserver;
  readonly #items: unknown[] = [];
  #isOver = false;

  constructor(observer: StreamObserver) {
    this.#observer = observer;
  }

  /** Ends what is collected, when the stream is dropped without being read to its end. */
  watch(stream: object): void {
    onAbandoned(stream, () => this.end("left"));
  }

  add(item: unknown): void {
    const { onItem } = this.#observer;
    if (onItem !== undefined) safely(() => onItem(item), undefined);
    else if (this.#items.length < mostItemsKept) this.#items.push(item);
    else if (this.#items.length === mostItemsKept) this.#items.push("[More items were not kept]");
  }

  end(end: StreamEnd): void {
    this.#finish(() => this.#observer.onEnd(this.#items, end));
  }

  fail(error: unknown): void {
    this.#finish(() => this.#observer.onError(error));
  }

  #finish(action: () => void): void {
    if (this.#isOver) return;
    this.#isOver = true;
    safely(action, undefined);
  }
}

const isIteratorResult = (value: unknown): value is IteratorResult<unknown> =>
  typeof value === "object" && value !== null && "done" in value;

const readStep = (step: unknown, collector: Collector): void => {
  if (!isIteratorResult(step)) return;
  if (step.done === true) collector.end("completed");
  else collector.add(step.value);
};

/**
 * Observes an iterator or generator object in place: it keeps its identity and its prototype. Its body runs with `span`
 * active, as a generator's body otherwise runs in the context of whoever reads it.
 */
export const observeIterator = <T extends object>(iterator: T, span: LiveSpan, observer: StreamObserver): T => {
  const collector = new Collector(observer);
  for (const method of ["next", "return", "throw"] as const) {
    const original: unknown = Reflect.get(iterator, method);
    if (typeof original !== "function") continue;
    const observed = function (this: unknown, ...args: unknown[]): unknown {
      return observeStep(() => span.run((): unknown => Reflect.apply(original, iterator, args)), method, collector);
    };
    Object.defineProperty(iterator, method, { value: observed, configurable: true, writable: true });
  }
  collector.watch(iterator);
  return iterator;
};

const observeStep = (step: () => unknown, method: "next" | "return" | "throw", collector: Collector): unknown => {
  const onStep = (value: unknown): void => (method === "return" ? collector.end("left") : readStep(value, collector));
  let result: unknown;
  try {
    result = step();
  } catch (error) {
    collector.fail(error);
    throw error;
  }
  if (!(result instanceof Promise)) {
    onStep(result);
    return result;
  }
  return result.then(
    (value: unknown) => {
      onStep(value);
      return value;
    },
    (error: unknown) => {
      collector.fail(error);
      throw error;
    },
  );
};

// Made apart from the iterable, as its functions live as long as the iterator's own registration: see `onAbandoned`.
const observeOnce = (span: LiveSpan, collector: Collector): ((iterator: unknown) => unknown) => {
  let isTaken = false;
  return (iterator) => {
    if (isTaken || typeof iterator !== "object" || iterator === null) return iterator;
    isTaken = true;
    return observeIterator(iterator, span, {
      onItem: (item) => collector.add(item),
      onEnd: (_, end) => collector.end(end),
      onError: (error) => collector.fail(error),
    });
  };
};

/** Observes an object with `Symbol.asyncIterator`, such as a client's stream, without reading it. */
export const observeIteration = <T extends object>(iterable: T, span: LiveSpan, observer: StreamObserver): T => {
  const original: unknown = Reflect.get(iterable, Symbol.asyncIterator);
  const collector = new Collector(observer);
  if (typeof original !== "function" || !Object.isExtensible(iterable)) {
    collector.end("left");
    return iterable;
  }
  const observeTaken = observeOnce(span, collector);
  const iterate = (): unknown => observeTaken(Reflect.apply(original, iterable, []));
  Object.defineProperty(iterable, Symbol.asyncIterator, { value: iterate, configurable: true, writable: true });
  collector.watch(iterable);
  return iterable;
};

/** A web stream that hands on the chunks of `source` as they are asked for, and tells when it is over. */
export const observeReadableStream = (
  source: ReadableStream<unknown>,
  observer: StreamObserver,
): ReadableStream<unknown> => {
  const collector = new Collector(observer);
  const reader = source.getReader();
  const observed = new ReadableStream<unknown>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (done) {
            collector.end("completed");
            controller.close();
          } else {
            collector.add(value);
            controller.enqueue(value);
          }
        } catch (error) {
          collector.fail(error);
          controller.error(error);
        }
      },
      async cancel(reason) {
        collector.end("left");
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
  collector.watch(observed);
  return observed;
};
