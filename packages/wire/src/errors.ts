/**
 * Every code a {@link TracelakeError} can carry. The list is closed: code that reacts to an error compares with it.
 *
 * - `CONFIG_*`: a setting is missing (`*_MISSING`) or has a value that cannot be used (`*_INVALID`).
 * - `WORKSPACE_*`: a Databricks workspace, an MLflow server or an OTLP endpoint refused, failed or could not be reached.
 * - `TRACE_ID_INVALID`, `OTLP_INVALID`, `JOURNAL_INVALID`: data from outside does not have its documented form.
 * - `TRACE_NOT_FOUND`, `TRACE_LOCATION_CONFLICT`: a trace that is not there, or a location that cannot become the experiment's.
 * - `SQL_*`: a statement given to the local workspace.
 * - `JUDGE_*`: a judge model that may not be asked any more this hour, or whose answer is no verdict.
 * - `SCORER_TIMEOUT`: a scorer's code that did not end in its time.
 * - `LOCAL_WORKSPACE_*`: the embedded workspace itself.
 * - `COMMAND_*`: the arguments of `tracelake` cannot be used.
 */
export const ErrorCode = {
  CONFIG_DESTINATION_INVALID: "CONFIG_DESTINATION_INVALID",
  CONFIG_DESTINATION_MISSING: "CONFIG_DESTINATION_MISSING",
  CONFIG_HOST_MISSING: "CONFIG_HOST_MISSING",
  CONFIG_HOST_INVALID: "CONFIG_HOST_INVALID",
  CONFIG_CREDENTIALS_MISSING: "CONFIG_CREDENTIALS_MISSING",
  CONFIG_WAREHOUSE_MISSING: "CONFIG_WAREHOUSE_MISSING",
  CONFIG_OPTION_INVALID: "CONFIG_OPTION_INVALID",
  WORKSPACE_UNAUTHENTICATED: "WORKSPACE_UNAUTHENTICATED",
  WORKSPACE_FORBIDDEN: "WORKSPACE_FORBIDDEN",
  WORKSPACE_NOT_FOUND: "WORKSPACE_NOT_FOUND",
  WORKSPACE_REJECTED: "WORKSPACE_REJECTED",
  WORKSPACE_UNAVAILABLE: "WORKSPACE_UNAVAILABLE",
  WORKSPACE_RESPONSE_INVALID: "WORKSPACE_RESPONSE_INVALID",
  TRACE_ID_INVALID: "TRACE_ID_INVALID",
  TRACE_NOT_FOUND: "TRACE_NOT_FOUND",
  TRACE_LOCATION_CONFLICT: "TRACE_LOCATION_CONFLICT",
  OTLP_INVALID: "OTLP_INVALID",
  JOURNAL_INVALID: "JOURNAL_INVALID",
  SQL_SYNTAX: "SQL_SYNTAX",
  SQL_UNSUPPORTED: "SQL_UNSUPPORTED",
  SQL_FAILED: "SQL_FAILED",
  JUDGE_BUDGET_EXHAUSTED: "JUDGE_BUDGET_EXHAUSTED",
  JUDGE_ANSWER_INVALID: "JUDGE_ANSWER_INVALID",
  SCORER_TIMEOUT: "SCORER_TIMEOUT",
  LOCAL_WORKSPACE_BUSY: "LOCAL_WORKSPACE_BUSY",
  LOCAL_WORKSPACE_FAILED: "LOCAL_WORKSPACE_FAILED",
  COMMAND_USAGE: "COMMAND_USAGE",
} as const;

export type ErrorCode = (typeof ErrorCode)[keyof typeof ErrorCode];

/** The three parts of an error message, and what caused it. */
export interface TracelakeErrorParts {
  /** What failed, as a phrase without a full stop: `"The tracing destination cannot be used"`. */
  readonly failed: string;
  /** The value that was seen, already free of secrets. */
  readonly seen: string;
  /** What to do about it, as a sentence. */
  readonly remedy: string;
  readonly cause?: unknown;
  /** The HTTP status, where the error is an answer. */
  readonly httpStatus?: number;
  /** What the answer says itself: its `error_code`, its message, and how long it asks to wait before the next request. */
  readonly answer?: {
    readonly errorCode: string | undefined;
    readonly message: string;
    readonly retryAfterMillis?: number | undefined;
  };
}

const marker = Symbol.for("tracelake.error");

/**
 * The only error Tracelake throws: `"<what failed>: <value seen>. <what to do>"` with a {@link ErrorCode}.
 *
 * Use {@link TracelakeError.isInstance} rather than `instanceof`: an application can hold the ESM and the CommonJS
 * build at once, and each has a class of its own.
 */
export class TracelakeError extends Error {
  override readonly name = "TracelakeError";
  readonly code: ErrorCode;
  readonly httpStatus: number | undefined;
  /** What the service answered, where the error is an answer. */
  readonly answer: TracelakeErrorParts["answer"];
  /** The three parts of the message. */
  readonly parts: Pick<TracelakeErrorParts, "failed" | "seen" | "remedy">;
  readonly [marker] = true;

  constructor(code: ErrorCode, parts: TracelakeErrorParts) {
    super(
      `${parts.failed}: ${parts.seen}. ${parts.remedy}`,
      parts.cause === undefined ? undefined : { cause: parts.cause },
    );
    this.code = code;
    this.httpStatus = parts.httpStatus;
    this.answer = parts.answer;
    this.parts = { failed: parts.failed, seen: parts.seen, remedy: parts.remedy };
  }

  /** Whether `value` is a Tracelake error, from whichever copy of the package. */
  static isInstance(value: unknown): value is TracelakeError {
    return typeof value === "object" && value !== null && marker in value;
  }
}
