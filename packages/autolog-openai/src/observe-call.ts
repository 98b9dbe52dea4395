import type { LiveSpan } from "@tracelake/uc-exporter";
import { observeIterator, observeWhenAwaited, safely, type StreamEnd } from "@tracelake/uc-exporter/plugin";
import { CallRecorder, type AnswerOptions } from "./call-recorder.ts";
import {
  hide,
  isAborted,
  isApiPromise,
  isAsyncIterator,
  isClientStream,
  type AnyFunction,
  type ApiPromise,
  type ClientStream,
} from "./client-shapes.ts";
import { isRecord } from "./json-record.ts";

/** Looks on while the client's promise becomes an answer. Nothing here may hold on to the promise or the stream. */
class CallObservation {
  readonly #recorder: CallRecorder;
  /** Whether the answer is known: the first one counts. */
  #isSettled = false;

  constructor(recorder: CallRecorder) {
    this.#recorder = recorder;
  }

  /** Returns what the caller is to get, which is the client's own object wherever it is more than a plain promise. */
  watch(result: unknown): unknown {
    if (typeof result !== "object" || result === null) this.#settle(result);
    else if (isApiPromise(result) && Object.hasOwn(result, "then")) this.#watchBorrowing(result);
    else if (isApiPromise(result)) this.#watchApiPromise(result);
    else if (result instanceof Promise && result.constructor === Promise) return this.#observePromise(result);
    else if ("then" in result) this.#watchWhenAwaited(result);
    else this.#settle(result);
    return result;
  }

  #watchApiPromise(promise: ApiPromise): void {
    const request = this.#observeRequest(promise.responsePromise);
    // Where an instrumentation underneath asked for the answer already, nobody would handle what this one rejects with.
    if (promise.parsedPromise !== undefined) request.catch(() => undefined);
    else promise.responsePromise = request;
    this.#watchReading(promise);
    // All promises of the request hold this one, and nothing else does once the answer has come.
    const recorder = this.#recorder;
    recorder.onAbandoned(promise.responsePromise, () => recorder.endUnread());
  }

  /**
   * From 7.5 on the promise of a page has the methods of another promise of the same request, and what is set on the first
   * is read by nobody. Listening begins with the caller's: before, a rejection has nobody who handles it.
   */
  #watchBorrowing(promise: ApiPromise): void {
    const recorder = this.#recorder;
    const request = promise.responsePromise;
    const then: unknown = Reflect.get(promise, "then");
    let isAsked = false;
    const ask = (): void => {
      if (isAsked || typeof then !== "function") return;
      isAsked = true;
      recorder.noteReading();
      const noteAnswer = (answer: unknown): void => this.#noteAnswer(answer);
      request.then(noteAnswer, () => undefined);
      const [onValue, onError] = [
        (value: unknown) => void this.#settle(value),
        (error: unknown) => this.#noteError(error),
      ];
      Reflect.apply(then, promise, [onValue, onError]);
    };
    for (const method of ["then", "catch", "finally", "withResponse"]) {
      const original: unknown = Reflect.get(promise, method);
      if (typeof original !== "function") continue;
      hide(promise, method, (...args: unknown[]): unknown => {
        safely(ask, undefined);
        return Reflect.apply(original, promise, args);
      });
    }
    this.#watchRawReading(promise);
    recorder.onAbandoned(promise, () => recorder.endUnread());
  }

  // Replaces the promise instead of listening beside it: a rejection that nobody handles has to stay one.
  #observeRequest(request: Promise<unknown>): Promise<unknown> {
    return request.then(
      (answer) => {
        this.#noteAnswer(answer);
        return answer;
      },
      (error: unknown) => this.#reject(error),
    );
  }

  #noteAnswer(answer: unknown): void {
    const response: unknown =
      typeof answer === "object" && answer !== null ? Reflect.get(answer, "response") : undefined;
    this.#recorder.noteResponse(response);
  }

  #observePromise(promise: Promise<unknown>): Promise<unknown> {
    return promise.then(
      (value: unknown) => this.#settle(value),
      (error: unknown) => this.#reject(error),
    );
  }

  #watchWhenAwaited(promise: object): void {
    observeWhenAwaited(promise, {
      onValue: (value) => this.#settle(value),
      onError: (error) => this.#noteError(error),
    });
    const recorder = this.#recorder;
    recorder.onAbandoned(promise, () => recorder.endUnread());
  }

  #observeParsing(promise: ApiPromise, parse: AnyFunction): AnyFunction {
    return (...args: unknown[]): unknown => {
      this.#recorder.noteReading();
      const parsed: unknown = Reflect.apply(parse, promise, args);
      return parsed instanceof Promise ? this.#observePromise(parsed) : this.#settle(parsed);
    };
  }

  #watchReading(promise: ApiPromise): void {
    const { _thenUnwrap: thenUnwrap } = promise;
    promise.parseResponse = this.#observeParsing(promise, promise.parseResponse);
    this.#watchRawReading(promise);
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

  #watchRawReading(promise: ApiPromise): void {
    const { asResponse } = promise;
    if (asResponse === undefined) return;
    hide(promise, "asResponse", (): unknown => {
      this.#endAfterRawResponse(promise.responsePromise);
      return Reflect.apply(asResponse, promise, []);
    });
  }

  // Whoever asked for the parsed body as well, as `withResponse()` does, has begun to read it one turn later.
  #endAfterRawResponse(request: Promise<unknown>): void {
    const noteAnswer = (answer: unknown): void => this.#noteAnswer(answer);
    const noteError = (error: unknown): void => this.#noteError(error);
    void request
      .then(noteAnswer, noteError)
      .then(() => undefined)
      .then(() => this.#recorder.endUnread());
  }

  #reject(error: unknown): never {
    this.#noteError(error);
    throw error;
  }

  #noteError(error: unknown): void {
    if (!this.#isSettled) this.#recorder.fail(error);
    this.#isSettled = true;
  }

  #settle(value: unknown): unknown {
    if (this.#isSettled) return value;
    this.#isSettled = true;
    safely(() => {
      if (typeof value !== "object" || value === null) this.#recorder.finish(value);
      else if (isClientStream(value)) watchStream(value, this.#recorder);
      else if (isAsyncIterator(value)) watchIterator(value, this.#recorder);
      else this.#recorder.finish(value);
    }, undefined);
    return value;
  }
}

const watchStream = (stream: ClientStream, recorder: CallRecorder): void => {
  recorder.beginStream();
  const reading = { isBegun: false };
  if (stream.iterator === undefined) {
    hide(stream, Symbol.asyncIterator, observeIterating(stream, stream[Symbol.asyncIterator], recorder, reading));
  } else stream.iterator = observeIterating(stream, stream.iterator, recorder, reading);
  endUnbegun(stream, recorder, reading);
};

const watchIterator = (iterator: object, recorder: CallRecorder): void => {
  recorder.beginStream();
  observeIterator(iterator, undefined, streamObserver(recorder, undefined));
};

const observeIterating = (
  stream: ClientStream,
  iterate: AnyFunction,
  recorder: CallRecorder,
  reading: { isBegun: boolean },
): AnyFunction => {
  const observer = streamObserver(recorder, stream.controller);
  return (): unknown => {
    const iterator: unknown = Reflect.apply(iterate, stream, []);
    // The client itself refuses a second reading, and says so to its caller.
    if (reading.isBegun || typeof iterator !== "object" || iterator === null) return iterator;
    reading.isBegun = true;
    // The request was made with the span active; what is left is reading its body.
    return observeIterator(iterator, undefined, observer);
  };
};

// https://platform.openai.com/docs/api-reference/chat-streaming: tokens come last, without a choice.
const isUsageChunk = (chunk: unknown): boolean =>
  isRecord(chunk) && Array.isArray(chunk["choices"]) && chunk["choices"].length === 0 && isRecord(chunk["usage"]);

// Made apart from the stream: these functions are held until the iterator is collected.
const streamObserver = (recorder: CallRecorder, controller: unknown) => ({
  onAsk: () => recorder.noteAsking(),
  onItem: (chunk: unknown) => recorder.addChunk(chunk),
  ...(recorder.hidesUsage ? { isHidden: isUsageChunk } : {}),
  onEnd: (_: unknown, end: StreamEnd) => recorder.finishStream(end === "left" || isAborted(controller)),
  onError: (error: unknown) => recorder.fail(error),
});

const endUnbegun = (stream: object, recorder: CallRecorder, reading: { readonly isBegun: boolean }): void => {
  recorder.onAbandoned(stream, () => {
    if (!reading.isBegun) recorder.finishStream(true);
  });
};

/** Makes a call inside `span`, which ends when the answer has been read, was left or failed. */
export const observeCall = (span: LiveSpan, options: AnswerOptions, call: () => unknown): unknown => {
  const recorder = new CallRecorder(span, options);
  let result: unknown;
  try {
    result = span.run(call);
  } catch (error) {
    recorder.fail(error);
    throw error;
  }
  return safely(() => new CallObservation(recorder).watch(result), result);
};
