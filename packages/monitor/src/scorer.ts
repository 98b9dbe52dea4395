import type { JsonValue } from "@tracelake/wire";
import type { Trace } from "@tracelake/workspace-client";
import type { Feedback } from "./feedback.ts";
import type { ScorerRecord } from "./scorer-record.ts";

/** What is judged: a trace, a session of traces, or a row of a test without any trace. */
export interface ScoringInput {
  /** Read from the trace's root span where absent. */
  readonly inputs?: JsonValue;
  readonly outputs?: JsonValue;
  /** What would have been right, by name, such as `expected_facts`. The trace's own expectations where absent. */
  readonly expectations?: Readonly<Record<string, JsonValue>>;
  readonly trace?: Trace;
  /** The traces of one conversation, oldest first. Only scorers of sessions read it. */
  readonly session?: readonly Trace[];
}

/** A question for a judge model. */
export interface JudgeRequest {
  /** `provider:/model`. */
  readonly model: string;
  readonly messages: readonly { readonly role: "system" | "user" | "assistant"; readonly content: string }[];
  /** The form of the answer, sent where the model takes one. */
  readonly schema: Readonly<Record<string, JsonValue>>;
  /** What the endpoint is told beside it, by its own names, such as `temperature`. */
  readonly parameters?: Readonly<Record<string, JsonValue>>;
}

/** What a judge model answered, and what that took. */
export interface JudgeReply {
  readonly text: string;
  /** As it was asked for. */
  readonly model: string;
  readonly inputTokens: number | undefined;
  readonly outputTokens: number | undefined;
  /** US dollars. `undefined` where the model's price or one of its counts of tokens is not known. */
  readonly costUsd?: number | undefined;
  readonly durationMillis: number;
}

/** Asks judge models: owns endpoints, credentials, concurrency, retries and the budget. */
export interface JudgeClient {
  /** `provider:/model` for scorers that name none; `undefined` where the surroundings name none either. */
  readonly defaultModel: string | undefined;
  /**
   * Looks whether a model can be asked at all, without asking it. Where absent, only asking tells.
   *
   * @throws {TracelakeError} `CONFIG_*` where its address or its key is not known here.
   */
  readonly check?: (model: string) => void;
  /** @throws {TracelakeError} when there is no answer to be had. */
  readonly ask: (request: JudgeRequest, signal?: AbortSignal) => Promise<JudgeReply>;
}

/** What scoring needs of its surroundings. */
export interface ScoringContext {
  readonly judge: JudgeClient;
  readonly signal?: AbortSignal;
}

/**
 * How scoring ended. It never throws: a scorer that fails is a `failed`, and data that is missing is a `skipped` that
 * scores nothing, as a guess would look like a judgement.
 */
export type ScoringOutcome =
  | { readonly type: "scored"; readonly feedbacks: readonly Feedback[] }
  /** `missing` names what a person would have to add, such as `a span of type RETRIEVER`. */
  | { readonly type: "skipped"; readonly missing: readonly string[] }
  | { readonly type: "failed"; readonly error: { readonly code: string; readonly message: string } };

/** What a scorer is and what it does, without a life cycle. */
export interface ScorerCore {
  readonly name: string;
  readonly record: ScorerRecord;
  readonly score: (input: ScoringInput, context: ScoringContext) => Promise<ScoringOutcome>;
}
