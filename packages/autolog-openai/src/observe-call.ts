import { observeIterator, onAbandoned, safely, type LiveSpan, type StreamEnd } from "@tracelake/uc-exporter";
import type { StreamFold } from "./fold-stream.ts";
import { isRecord, type JsonRecord } from "./json-record.ts";
import { recordResponse } from "./read-response.ts";
import type { Surface } from "./surfaces.ts";

/** How a call's answer is recorded. */
export interface AnswerOptions {
  readonly surface: Surface;
  /** Whether the vectors of embeddings are recorded. */
  readonly vectors: boolean;
}

type AnyFunction = (...args: never[]) => unknown;

/**
 * The promise that the client returns. It starts the request at once, but reads the body only when asked, by calling
 * `parseResponse`; `_thenUnwrap` makes further promises of the same request. Up to version 7.5 their `parseResponse` calls
 * that of the first, since then it does not.
 *
 * @see https://github.com/openai/openai-node/blob/master/src/core/api-promise.ts
 */
interface ApiPromise {
  responsePromise: Promise<unknown>;
  parseResponse: AnyFunction;
  asResponse?: AnyFunction;
  _thenUnwrap?: AnyFunction;
}

interface ClientStream {
  iterator: AnyFunction;
  readonly controller?: unknown;
}

// Known by their shape: an application may hold several builds of the client, each with classes of its own.
const isApiPromise = (value: object): value is ApiPromise =>
  "parseResponse" in value &&
  typeof value.parseResponse === "function" &&
  "responsePromise" in value &&
  value.responsePromise instanceof Promise;

const isClientStream = (value: object): value is ClientStream =>
  "iterator" in value && typeof value.iterator === "function" && Symbol.asyncIterator in value;

const isThenable = (value: object): value is PromiseLike<unknown> =>
  "then" in value && typeof value.then === "function";

const hide = (target: object, key: string, value: unknown): void => {
  Object.defineProperty(target, key, { value, configurable: true, writable: true, enumerable: false });
};

const isAborted = (controller: unknown): boolean =>
  isRecord(controller) && isRecord(controller["signal"]) && controller["signal"]["aborted"] === true;

/** One observed call, from the promise that the client returned to the end of its span, which comes exactly once. */
class CallObservation {
  readonly #span: LiveSpan;
  readonly #options: AnswerOptions;
  /** Whether anyone has begun to read the body. */
  #isAsked = false;
  /** Whether the answer is known: the first one counts. */
  #isSettled = false;

  constructor(span: LiveSpan, options: AnswerOptions) {
    this.#span = span;
    this.#options = options;
  }

  watch(result: unknown): void {
    if (typeof result !== "object" || result === null) this.#settle(result);
    else if (isApiPromise(result)) this.#watchApiPromise(result);
    else if (isThenable(result)) {
      const onValue = (value: unknown) => this.#settle(value);
      result.then(onValue, (error: unknown) => this.#settleWithError(error));
    } else this.#settle(result);
  }

  /** Ends the span as failed. */
  fail(error: unknown): void {
    safely(() => {
      const status = isRecord(error) ? error["status"] : undefined;
      if (typeof status === "number") this.#span.setAttribute("http.response.status_code", status);
      this.#span.setAttribute("error.type", error instanceof Error ? error.constructor.name : typeof error);
      this.#span.recordException(error);
    }, undefined);
    this.#span.end();
  }

  #watchApiPromise(promise: ApiPromise): void {
    promise.responsePromise = this.#observeRequest(promise.responsePromise);
    this.#watchReading(promise);
    // All promises of the request hold this one, and nothing else does once the answer has come.
    onAbandoned(promise.responsePromise, this.#endUnread);
  }

  // Replaces the promise instead of listening beside it: a rejection that nobody handles has to stay one.
  #observeRequest(request: Promise<unknown>): Promise<unknown> {
    return request.then(
      (answer) => {
        const response = isRecord(answer) ? answer["response"] : undefined;
        if (isRecord(response)) this.#span.setAttribute("http.response.status_code", response["status"]);
        return answer;
      },
      (error: unknown) => {
        this.#settleWithError(error);
        throw error;
      },
    );
  }

  #observeParsing(promise: ApiPromise, parse: AnyFunction): AnyFunction {
    return (...args: unknown[]): unknown => {
      this.#isAsked = true;
      const parsed: unknown = Reflect.apply(parse, promise, args);
      if (!(parsed instanceof Promise)) return this.#settle(parsed);
      return parsed.then(
        (value: unknown) => this.#settle(value),
        (error: unknown) => {
          this.#settleWithError(error);
          throw error;
        },
      );
    };
  }

  #watchReading(promise: ApiPromise): void {
    const { asResponse, _thenUnwrap: thenUnwrap } = promise;
    promise.parseResponse = this.#observeParsing(promise, promise.parseResponse);
    if (asResponse !== undefined) {
      hide(promise, "asResponse", (): unknown => {
        this.#endAfterRawResponse(promise.responsePromise);
        return Reflect.apply(asResponse, promise, []);
      });
    }
    if (thenUnwrap !== undefined) {
      hide(promise, "_thenUnwrap", (...args: unknown[]): unknown => {
        const derived: unknown = Reflect.apply(thenUnwrap, promise, args);
        if (typeof derived === "object" && derived !== null && isApiPromise(derived)) {
          derived.responsePromise = promise.responsePromise;
          this.#watchReading(derived);
        }
        return derived;
      });
    }
  }

  // Whoever asked for the parsed body as well, as `withResponse()` does, has begun to read it one turn later.
  #endAfterRawResponse(request: Promise<unknown>): void {
    const nothing = () => undefined;
    void request.then(nothing, nothing).then(nothing).then(this.#endUnread);
  }

  readonly #endUnread = (): void => {
    if (!this.#isAsked) this.#span.end();
  };

  #settleWithError(error: unknown): void {
    if (!this.#isSettled) this.fail(error);
    this.#isSettled = true;
  }

  #settle(value: unknown): unknown {
    if (this.#isSettled) return value;
    this.#isSettled = true;
    safely(() => {
      if (typeof value === "object" && value !== null && isClientStream(value)) this.#watchStream(value);
      else this.#finish(isRecord(value) ? value : undefined);
    }, undefined);
    return value;
  }

  #watchStream(stream: ClientStream): void {
    const fold = this.#options.surface.foldStream?.();
    const reading = { isBegun: false };
    stream.iterator = this.#observeIterating(stream, fold, reading);
    this.#endUnbegun(stream, reading);
  }

  #observeIterating(stream: ClientStream, fold: StreamFold | undefined, reading: { isBegun: boolean }): AnyFunction {
    const { iterator: iterate, controller } = stream;
    const observer = {
      onItem: (chunk: unknown) => fold?.add(chunk),
      onEnd: (_: unknown, end: StreamEnd) => this.#finishStream(fold, end === "left" || isAborted(controller)),
      onError: (error: unknown) => {
        if (fold !== undefined) safely(() => this.#record(fold.result()), undefined);
        this.fail(error);
      },
    };
    return (): unknown => {
      const iterator: unknown = Reflect.apply(iterate, stream, []);
      // The client itself refuses a second reading, and says so to its caller.
      if (reading.isBegun || typeof iterator !== "object" || iterator === null) return iterator;
      reading.isBegun = true;
      return observeIterator(iterator, this.#span, observer);
    };
  }

  #endUnbegun(stream: object, reading: { readonly isBegun: boolean }): void {
    const finish = (): void => {
      if (!reading.isBegun) this.#finishStream(undefined, true);
    };
    onAbandoned(stream, finish);
  }

  #finishStream(fold: StreamFold | undefined, isLeft: boolean): void {
    if (isLeft) this.#span.setAttribute("tracelake.stream.left_early", true);
    this.#finish(fold?.result());
  }

  #finish(response: JsonRecord | undefined): void {
    if (response !== undefined) safely(() => this.#record(response), undefined);
    this.#span.end();
  }

  #record(response: JsonRecord): void {
    const { surface, vectors } = this.#options;
    recordResponse(this.#span, response, surface.readResponse(response, { vectors }));
  }
}

/** Makes a call inside `span`, which ends when the answer has been read, was left or failed. The result is the client's own. */
export const observeCall = (span: LiveSpan, options: AnswerOptions, call: () => unknown): unknown => {
  const observation = new CallObservation(span, options);
  let result: unknown;
  try {
    result = span.run(call);
  } catch (error) {
    observation.fail(error);
    throw error;
  }
  safely(() => observation.watch(result), undefined);
  return result;
};
