import type { LiveSpan } from "@tracelake/uc-exporter";
import {
  Allowance,
  onAbandoned,
  safely,
  currentCapturePolicy,
  watchUnfinished,
  type GiveUpReason,
  type UnfinishedWork,
} from "@tracelake/uc-exporter/plugin";
import type { StreamFold } from "./fold-stream.ts";
import { asText, isRecord } from "./json-record.ts";
import { describeDownload } from "./read-response.ts";
import { recordHttp, recordResponse } from "./record-response.ts";
import type { Surface } from "./surface.ts";

/** How a call's answer is recorded. */
export interface AnswerOptions {
  readonly surface: Surface;
  /** Whether the vectors of embeddings are recorded. */
  readonly vectors: boolean;
  /** After how long without a reader an answer counts as left. */
  readonly idleTimeoutMillis: number;
  /** Whether the chunk with the tokens was asked for by us, and is none of the caller's business. */
  readonly hidesUsage?: boolean;
  /** Called once the span has ended, by whatever way. */
  readonly onEnd?: () => void;
}

/** The name of an error's class, or the name that something else than an `Error` gives itself. */
export const errorType = (error: unknown): string =>
  error instanceof Error
    ? error.constructor.name
    : ((isRecord(error) ? asText(error["name"]) : undefined) ?? typeof error);

/** Why the span of a call failed whose answer the process did not live to see. */
export const interruption = { name: "Interrupted", message: "The process ended before the answer came" };

const unwatched: UnfinishedWork = { isBusy: true, done: () => undefined };

/** {@link watchUnfinished}, on the caller's stack. */
export const watchWork = (finish: (reason: GiveUpReason) => void, idleTimeoutMillis: number): UnfinishedWork =>
  safely(() => watchUnfinished(finish, idleTimeoutMillis), unwatched);

/** What has become of a call so far. */
type CallPhase = "waiting" | "unread" | "reading" | "streaming" | "ended";

/** The span of one observed call, from its start to its end, which comes exactly once. */
export class CallRecorder {
  readonly #span: LiveSpan;
  readonly #options: AnswerOptions;
  readonly #startMillis = performance.now();
  readonly #work: UnfinishedWork;
  readonly #allowance = new Allowance(currentCapturePolicy().maxValueBytes);
  #fold: StreamFold | undefined;
  #phase: CallPhase = "waiting";
  #hasFirstChunk = false;
  #hasFirstToken = false;
  #isRecorded = false;
  #stopWatching: (() => void) | undefined;

  constructor(span: LiveSpan, options: AnswerOptions) {
    this.#span = span;
    this.#options = options;
    this.#work = watchWork((reason) => this.#giveUp(reason), options.idleTimeoutMillis);
  }

  /** The response has come, and nobody has asked for its body yet. */
  noteResponse(response: unknown): void {
    safely(() => recordHttp(this.#span, response), undefined);
    if (this.#phase !== "waiting") return;
    this.#phase = "unread";
    this.#work.isBusy = false;
  }

  /** Has `finish` called when nobody holds `subject` any more and the span has not ended. */
  onAbandoned(subject: object, finish: () => void): void {
    const [stop, stopOther] = [onAbandoned(subject, finish), this.#stopWatching];
    this.#stopWatching = () => {
      stop();
      stopOther?.();
    };
  }

  /** Somebody asked for the body. */
  noteReading(): void {
    if (this.#phase === "waiting" || this.#phase === "unread") this.#phase = "reading";
    this.#work.isBusy = true;
  }

  /** Ends a span whose body nobody asked for. */
  endUnread(): void {
    if (this.#phase === "waiting" || this.#phase === "unread") this.#end();
  }

  /** Records the answer, and ends the span. */
  finish(answer: unknown): void {
    if (this.#phase === "ended") return;
    safely(() => this.#recordAnswer(answer), undefined);
    this.#end();
  }

  /** Ends the span as failed, with what had come before. */
  fail(error: unknown): void {
    if (this.#phase === "ended") return;
    safely(() => {
      this.#recordFold();
      recordHttp(this.#span, error);
      this.#span.setAttribute("error.type", errorType(error));
      this.#span.recordException(error);
    }, undefined);
    this.#end();
  }

  beginStream(): void {
    this.#phase = "streaming";
    this.#work.isBusy = false;
    this.#fold = this.#options.surface.foldStream?.({ allowance: this.#allowance });
  }

  /** Somebody waits for the next chunk, for as long as it takes. */
  noteAsking(): void {
    this.#work.isBusy = true;
  }

  addChunk(chunk: unknown): void {
    this.#work.isBusy = false;
    if (this.#phase !== "streaming") return;
    const fold = this.#fold;
    fold?.add(chunk);
    if (!this.#hasFirstToken) this.#noteFirst();
    // What was said to be all is recorded while it is still what the server sent.
    if (fold?.isWhole === true) this.#recordFold();
  }

  /** Whether the stream has said all that there is to say. */
  get isWhole(): boolean {
    return this.#fold?.isWhole === true;
  }

  /** Whether the chunk with the tokens is none of the caller's business. */
  get hidesUsage(): boolean {
    return this.#options.hidesUsage === true;
  }

  /** Ends the span of a stream: read to its end, or left before. */
  finishStream(isLeft: boolean): void {
    if (this.#phase === "ended") return;
    if (isLeft) this.#span.setAttribute("tracelake.stream.left_early", true);
    safely(() => this.#recordFold(), undefined);
    this.#end();
  }

  #noteFirst(): void {
    const seconds = (performance.now() - this.#startMillis) / 1000;
    if (!this.#hasFirstChunk) this.#span.setAttribute("gen_ai.response.time_to_first_chunk", seconds);
    this.#hasFirstChunk = true;
    if (this.#fold?.hasOutput !== true) return;
    this.#hasFirstToken = true;
    this.#span.setAttribute("tracelake.stream.time_to_first_token", seconds);
  }

  #recordAnswer(answer: unknown): void {
    if (answer === undefined || answer === null) return;
    const download = typeof answer === "object" ? describeDownload(answer) : undefined;
    if (download !== undefined || !isRecord(answer)) {
      this.#span.setOutputs(download ?? answer);
      return;
    }
    const { surface, vectors } = this.#options;
    recordResponse(this.#span, surface, answer, surface.readResponse(answer, { vectors }));
  }

  #recordFold(): void {
    if (this.#fold === undefined || this.#isRecorded) return;
    this.#isRecorded = true;
    this.#recordAnswer(this.#fold.result());
    const { bytesLost } = this.#allowance;
    if (bytesLost > 0) this.#span.setAttribute("tracelake.stream.lost_bytes", bytesLost);
  }

  #giveUp(reason: GiveUpReason): void {
    if (this.#phase === "streaming") this.finishStream(true);
    else if (this.#phase === "unread") this.#end();
    else if (reason === "exit") this.fail(interruption);
  }

  #end(): void {
    this.#phase = "ended";
    this.#stopWatching?.();
    this.#work.done();
    this.#span.end();
    this.#options.onEnd?.();
  }
}
