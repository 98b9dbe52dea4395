import { isRecord } from "./json-record.ts";

/** A function of the client's, of which nothing is known. */
export type AnyFunction = (...args: never[]) => unknown;

/**
 * The promise that the client returns. It starts the request at once, but reads the body only when asked, by calling
 * `parseResponse`; `_thenUnwrap` makes further promises of the same request. Up to version 7.5 their `parseResponse` calls
 * that of the first, since then it does not.
 *
 * @see https://github.com/openai/openai-node/blob/master/src/core/api-promise.ts
 */
export interface ApiPromise {
  responsePromise: Promise<unknown>;
  parseResponse: AnyFunction;
  /** Set once somebody asked for the answer. */
  parsedPromise?: unknown;
  asResponse?: AnyFunction;
  _thenUnwrap?: AnyFunction;
}

/** All ways of reading a stream go through its `iterator`, which the first versions did not have yet. */
export interface ClientStream {
  iterator?: AnyFunction;
  [Symbol.asyncIterator]: AnyFunction;
  readonly controller?: unknown;
}

// Known by their shape: an application may hold several builds of the client, each with classes of its own.
export const isApiPromise = (value: object): value is ApiPromise =>
  "parseResponse" in value &&
  typeof value.parseResponse === "function" &&
  "responsePromise" in value &&
  value.responsePromise instanceof Promise;

export const isClientStream = (value: object): value is ClientStream =>
  Symbol.asyncIterator in value &&
  typeof value[Symbol.asyncIterator] === "function" &&
  ("iterator" in value ? typeof value.iterator === "function" : "controller" in value);

/** What an instrumentation underneath hands out in place of the client's stream. */
export const isAsyncIterator = (value: object): boolean =>
  Symbol.asyncIterator in value && "next" in value && typeof value.next === "function";

export const isAborted = (controller: unknown): boolean =>
  isRecord(controller) && isRecord(controller["signal"]) && controller["signal"]["aborted"] === true;

/** Gives an object of the client's a property that its own code and whoever prints it do not see. */
export const hide = (target: object, key: PropertyKey, value: unknown): void => {
  Object.defineProperty(target, key, { value, configurable: true, writable: true, enumerable: false });
};
