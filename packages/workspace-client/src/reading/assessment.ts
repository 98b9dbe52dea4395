import {
  AssessmentSourceType,
  ErrorCode,
  parseJson,
  plainJson,
  quoteForMessage,
  serializedValueFormat,
  TracelakeError,
  type Assessment,
  type JsonValue,
} from "@tracelake/wire";

/** Who judged: a person, a judge model or code, and which one. */
export interface AssessmentSource {
  readonly type: AssessmentSourceType;
  /** A user name, a model or the name of a script. */
  readonly id: string;
}

/** Why a judgement could not be made. */
export interface AssessmentError {
  readonly code: string;
  readonly message?: string;
  readonly stackTrace?: string;
}

/** A judgement that stands beside a trace or one of its spans. */
export interface TraceAssessment {
  readonly assessmentId: string;
  readonly kind: "feedback" | "expectation";
  readonly name: string;
  readonly value: JsonValue;
  /** Of a feedback that could not be made. */
  readonly error: AssessmentError | undefined;
  readonly rationale: string | undefined;
  readonly source: AssessmentSource;
  readonly spanId: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  /** The feedback that this one stands in for. */
  readonly overrides: string | undefined;
  /** `false` where another one stands in for it. */
  readonly isValid: boolean;
  readonly createTime: Date | undefined;
  readonly lastUpdateTime: Date | undefined;
}

const dateOf = (text: string | undefined): Date | undefined => (text === undefined ? undefined : new Date(text));

const sourceTypeOf = (type: string | undefined): AssessmentSourceType => {
  // The name it had before, which older writers still send.
  if (type === "AI_JUDGE") return AssessmentSourceType.LLM_JUDGE;
  return Object.values(AssessmentSourceType).find((known) => known === type) ?? "SOURCE_TYPE_UNSPECIFIED";
};

const serializedValue = (format: string, text: string): JsonValue => {
  if (format !== serializedValueFormat) return text;
  try {
    return parseJson(text);
  } catch {
    return text;
  }
};

const valueOf = ({ feedback, expectation }: Assessment): JsonValue => {
  const serialized = expectation?.serialized_value;
  if (serialized !== undefined) return serializedValue(serialized.serialization_format, serialized.value);
  return feedback?.value ?? expectation?.value ?? null;
};

const errorOf = ({ feedback }: Assessment): AssessmentError | undefined => {
  const { error_code: code, error_message: message, stack_trace: stackTrace } = feedback?.error ?? {};
  if (feedback?.error === undefined) return undefined;
  return {
    code: code ?? "",
    ...(message === undefined ? {} : { message }),
    ...(stackTrace === undefined ? {} : { stackTrace }),
  };
};

/** An assessment of an answer. */
export const toAssessment = (message: Assessment): TraceAssessment => ({
  assessmentId: message.assessment_id ?? "",
  kind: message.expectation === undefined ? "feedback" : "expectation",
  name: message.assessment_name,
  value: valueOf(message),
  error: errorOf(message),
  rationale: message.rationale,
  source: { type: sourceTypeOf(message.source?.source_type), id: message.source?.source_id ?? "" },
  spanId: message.span_id,
  metadata: message.metadata ?? {},
  overrides: message.overrides,
  isValid: message.valid ?? true,
  createTime: dateOf(message.create_time),
  lastUpdateTime: dateOf(message.last_update_time),
});

type FeedbackMessage = NonNullable<Assessment["feedback"]>;
type ExpectationMessage = NonNullable<Assessment["expectation"]>;

/** The `feedback` of a request. @throws {TracelakeError} `CONFIG_OPTION_INVALID` where there is neither value nor error. */
export const feedbackMessage = (
  value: JsonValue | undefined,
  error: AssessmentError | Error | undefined,
): FeedbackMessage => {
  if (value === undefined && error === undefined) {
    throw new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, {
      failed: "The feedback says nothing",
      seen: "neither `value` nor `error`",
      remedy: "Give what was found, or why nothing could be found.",
    });
  }
  const known = (value === undefined ? null : plainJson(value)) as FeedbackMessage["value"];
  if (error === undefined) return { value: known };
  const { code, message, stackTrace } =
    error instanceof Error ? { code: error.name, message: error.message, stackTrace: error.stack } : error;
  return {
    value: known,
    error: {
      error_code: code,
      ...(message === undefined ? {} : { error_message: message }),
      ...(stackTrace === undefined ? {} : { stack_trace: stackTrace }),
    },
  };
};

/** The `expectation` of a request: lists and objects travel as JSON text. */
export const expectationMessage = (value: JsonValue): ExpectationMessage => {
  const known = plainJson(value);
  if (known === null) {
    throw new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, {
      failed: "The expectation expects nothing",
      seen: quoteForMessage(known),
      remedy: "Give the value that would have been right.",
    });
  }
  return typeof known === "object"
    ? { serialized_value: { serialization_format: serializedValueFormat, value: JSON.stringify(known) } }
    : { value: known as ExpectationMessage["value"] };
};
