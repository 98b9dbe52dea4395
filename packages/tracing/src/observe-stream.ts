import type { LiveSpan } from "./live-span.ts";
import { Collector, type StreamObserver } from "./observe-collector.ts";
import { safely } from "./runtime.ts";

type IteratorMethod = "next" | "return" | "throw";

const isIteratorResult = (value: unknown): value is IteratorResult<unknown> =>
  typeof value === "object" && value !== null && "done" in value;

/** Observes the calls of one method of an iterator. Everything that a step needs is made here, once. */
const observeMethod = (
  method: IteratorMethod,
  call: (args: readonly unknown[]) => unknown,
  collector: Collector,
): ((...args: unknown[]) => unknown) => {
  const onError = (error: unknown): never => {
    collector.fail(error);
    throw error;
  };
  const onStep = (step: unknown): unknown => {
    if (method === "return") collector.end("left");
    else if (!isIteratorResult(step)) return step;
    else if (step.done === true) collector.end("completed");
    else if (!collector.add(step.value)) return observed();
    return step;
  };
  const observed = (...args: unknown[]): unknown => {
    collector.ask();
    let result: unknown;
    try {
      result = call(args);
    } catch (error) {
      return onError(error);
    }
    return result instanceof Promise ? result.then(onStep, onError) : onStep(result);
  };
  return observed;
};

/**
 * Observes an iterator or generator object in place: it keeps its identity and its prototype. With a span its body runs
 * with that span active, as a generator's body otherwise runs in the context of whoever reads it.
 */
export const observeIterator = <T extends object>(
  iterator: T,
  span: LiveSpan | undefined,
  observer: StreamObserver,
): T => {
  const collector = new Collector(observer);
  for (const method of ["next", "return", "throw"] as const) {
    const original: unknown = Reflect.get(iterator, method);
    if (typeof original !== "function") continue;
    const call = (args: readonly unknown[]): unknown => Reflect.apply(original, iterator, args);
    const value = observeMethod(method, span === undefined ? call : (args) => span.run(() => call(args)), collector);
    Object.defineProperty(iterator, method, { value, configurable: true, writable: true });
  }
  collector.watch(iterator);
  return iterator;
};

// Made apart from the iterable, as its functions live as long as the iterator's own registration: see `onAbandoned`.
const observeOnce = (span: LiveSpan, collector: Collector): ((iterator: unknown) => void) => {
  let isTaken = false;
  return (iterator) => {
    if (isTaken || typeof iterator !== "object" || iterator === null) return;
    isTaken = true;
    observeIterator(iterator, span, {
      onItem: (item) => collector.add(item),
      onEnd: (_, end) => collector.end(end),
      onError: (error) => collector.fail(error),
    });
    // The iterable may be garbage while its iterator is read.
    collector.unwatch();
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
  const iterate = (): unknown => {
    const iterator: unknown = Reflect.apply(original, iterable, []);
    safely(() => observeTaken(iterator), undefined);
    return iterator;
  };
  Object.defineProperty(iterable, Symbol.asyncIterator, { value: iterate, configurable: true, writable: true });
  collector.watch(iterable);
  return iterable;
};
