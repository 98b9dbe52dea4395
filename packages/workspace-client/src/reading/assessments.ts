import {
  AssessmentSourceType,
  ErrorCode,
  toTraceLocation,
  TracelakeError,
  type Assessment,
  type JsonValue,
} from "@tracelake/wire";
import { assessmentAnswerSchema, assessmentSchema } from "@tracelake/wire/schemas";
import type { Connection } from "../connection.ts";
import { request, requestJson, type RequestOptions } from "../request.ts";
import {
  expectationMessage,
  feedbackMessage,
  toAssessment,
  type AssessmentError,
  type AssessmentSource,
  type TraceAssessment,
} from "./assessment.ts";
import { addressOf, readingRemedies, warehouseQuery, type TraceAddress, type TraceReference } from "./trace-address.ts";

interface AssessmentOptions extends TraceReference {
  readonly name: string;
  readonly source?: AssessmentSource;
  readonly metadata?: Readonly<Record<string, string>>;
  /** 16 hexadecimal characters, where one span is judged. */
  readonly spanId?: string;
}

type Attempts = Pick<RequestOptions, "maxAttempts" | "timeoutMillis">;

/** What is thought of which trace: a value, or why there is none. */
export interface LogFeedbackOptions extends AssessmentOptions, Attempts {
  /** Any JSON value. */
  readonly value?: JsonValue;
  /** Why there is no value. */
  readonly error?: AssessmentError | Error;
  readonly rationale?: string;
}

/** What would have been right in which trace. */
export interface LogExpectationOptions extends AssessmentOptions {
  /** What would have been right. */
  readonly value: JsonValue;
}

/** Which assessment of which trace. */
export interface AssessmentReference extends TraceReference {
  readonly assessmentId: string;
}

/** What changes; the rest stays. Attempts and their time are those of each of two requests: the first one reads. */
export interface UpdateAssessmentOptions extends AssessmentReference, Attempts {
  readonly name?: string;
  readonly value?: JsonValue;
  /** Why a feedback has no value any more. */
  readonly error?: AssessmentError | Error;
  readonly rationale?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Which feedback is replaced, and by what. Name and span stay those of the one that is replaced. */
export interface OverrideFeedbackOptions extends AssessmentReference {
  readonly value: JsonValue;
  readonly rationale?: string;
  readonly source?: AssessmentSource;
  readonly metadata?: Readonly<Record<string, string>>;
}

type Call = Pick<RequestOptions, "method" | "purpose"> &
  Attempts & {
    readonly assessmentId?: string;
    readonly assessment?: Partial<Assessment>;
    /** The fields that a PATCH changes. */
    readonly fields?: readonly string[];
  };

const attemptsOf = ({ maxAttempts, timeoutMillis }: Attempts): Attempts => ({
  ...(maxAttempts === undefined ? {} : { maxAttempts }),
  ...(timeoutMillis === undefined ? {} : { timeoutMillis }),
});

const camelCase = (name: string): string => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

// V4 takes the assessment bare and the mask, in snake_case, in the query. V3 wraps both, and wants camelCase.
const bodyOf = (address: TraceAddress, { assessment, fields }: Call): object | undefined => {
  if (assessment === undefined) return undefined;
  if (address.location !== undefined) {
    const place = { trace_id: address.otelTraceId, trace_location: toTraceLocation(address.location) };
    return { ...assessment, ...place };
  }
  const wrapped = { assessment: { ...assessment, trace_id: address.traceId } };
  return fields === undefined ? wrapped : { ...wrapped, update_mask: fields.map(camelCase).join(",") };
};

const requestOf = (connection: Connection, address: TraceAddress, call: Call): RequestOptions => {
  const { method, purpose, assessmentId, fields } = call;
  const body = bodyOf(address, call);
  const inCatalog = address.location !== undefined;
  const query = inCatalog
    ? { ...warehouseQuery(connection), ...(fields === undefined ? {} : { update_mask: fields.join(",") }) }
    : {};
  return {
    method,
    path: `${address.path}/assessments${assessmentId === undefined ? "" : `/${encodeURIComponent(assessmentId)}`}`,
    query,
    ...(body === undefined ? {} : { body }),
    ...attemptsOf(call),
    purpose: `${purpose} of ${address.traceId}`,
    remedies: readingRemedies(address.location),
  };
};

const ask = async (connection: Connection, reference: TraceReference, call: Call): Promise<TraceAssessment> => {
  const address = addressOf(reference);
  const options = requestOf(connection, address, call);
  return toAssessment(
    address.location === undefined
      ? (await requestJson(connection, options, assessmentAnswerSchema)).assessment
      : await requestJson(connection, options, assessmentSchema),
  );
};

/** What a new assessment says, with the time. */
const messageOf = (
  options: AssessmentOptions & Pick<LogFeedbackOptions, "rationale">,
  content: Partial<Assessment> & { readonly source: NonNullable<Assessment["source"]> },
): Assessment => {
  const time = nowText();
  return {
    assessment_name: options.name,
    create_time: time,
    last_update_time: time,
    ...(options.spanId === undefined ? {} : { span_id: options.spanId }),
    ...(options.rationale === undefined ? {} : { rationale: options.rationale }),
    ...(options.metadata === undefined ? {} : { metadata: { ...options.metadata } }),
    ...content,
  };
};

/** A new feedback as it travels. @throws {TracelakeError} `CONFIG_OPTION_INVALID` where it says nothing. */
export const newFeedback = (options: LogFeedbackOptions): Assessment =>
  messageOf(options, {
    source: sourceMessage(options.source, AssessmentSourceType.CODE),
    feedback: feedbackMessage(options.value, options.error),
    valid: true,
  });

const nowText = (): string => new Date().toISOString();

const create = (
  connection: Connection,
  options: AssessmentOptions & Attempts,
  assessment: Assessment,
): Promise<TraceAssessment> =>
  ask(connection, options, {
    method: "POST",
    purpose: `Logging the assessment ${options.name}`,
    assessment,
    ...attemptsOf(options),
  });

const sourceMessage = (source: AssessmentSource | undefined, usual: AssessmentSourceType) => ({
  source_type: source?.type ?? usual,
  source_id: source?.id || "default",
});

/**
 * Says what somebody or something thinks of a trace, or of one of its spans. Without a source it is the program that says
 * so (`CODE`). A request that got no answer may have been done: whoever must not say a thing twice gives `maxAttempts: 1`,
 * and looks at the trace before saying it again.
 *
 * @see https://mlflow.org/docs/latest/genai/assessments/feedback/
 * @throws {TracelakeError} `CONFIG_OPTION_INVALID`, `TRACE_ID_INVALID`, `WORKSPACE_*`
 */
export const logFeedback = async (connection: Connection, options: LogFeedbackOptions): Promise<TraceAssessment> =>
  create(connection, options, newFeedback(options));

/**
 * Says what would have been right. Without a source it is a person who says so (`HUMAN`); judges only believe people.
 *
 * @see https://mlflow.org/docs/latest/genai/assessments/expectations/
 * @throws {TracelakeError} `CONFIG_OPTION_INVALID`, `TRACE_ID_INVALID`, `WORKSPACE_*`
 */
export const logExpectation = async (
  connection: Connection,
  options: LogExpectationOptions,
): Promise<TraceAssessment> =>
  create(
    connection,
    options,
    messageOf(options, {
      source: sourceMessage(options.source, AssessmentSourceType.HUMAN),
      expectation: expectationMessage(options.value),
    }),
  );

const read = (connection: Connection, options: AssessmentReference & Attempts): Promise<TraceAssessment> =>
  ask(connection, options, {
    method: "GET",
    purpose: `Reading the assessment ${options.assessmentId}`,
    assessmentId: options.assessmentId,
    ...attemptsOf(options),
  });

/** Reads an assessment. @throws {TracelakeError} `TRACE_ID_INVALID`, `WORKSPACE_*` */
export const getAssessment = (connection: Connection, options: AssessmentReference): Promise<TraceAssessment> =>
  read(connection, options);

const changedContent = (
  { kind }: TraceAssessment,
  { value, error }: UpdateAssessmentOptions,
): Pick<Assessment, "feedback" | "expectation"> => {
  if (value === undefined && error === undefined) return {};
  if (kind === "feedback") return { feedback: feedbackMessage(value, error) };
  if (error === undefined && value !== undefined) return { expectation: expectationMessage(value) };
  throw new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, {
    failed: "The expectation cannot be changed",
    seen: "an `error`",
    remedy: "Give a `value`: only feedback can say why it has none.",
  });
};

/**
 * Changes an assessment.
 *
 * @throws {TracelakeError} `CONFIG_OPTION_INVALID` for the error of an expectation, `TRACE_ID_INVALID`, `WORKSPACE_*`
 */
export const updateAssessment = async (
  connection: Connection,
  options: UpdateAssessmentOptions,
): Promise<TraceAssessment> => {
  const { assessmentId, rationale, metadata } = options;
  const present = await read(connection, options);
  const change: Partial<Assessment> = {
    assessment_name: options.name ?? present.name,
    ...changedContent(present, options),
    ...(rationale === undefined ? {} : { rationale }),
    ...(metadata === undefined ? {} : { metadata: { ...metadata } }),
  };
  return ask(connection, options, {
    method: "PATCH",
    purpose: `Changing the assessment ${assessmentId}`,
    assessmentId,
    assessment: change,
    fields: Object.keys(change),
    ...attemptsOf(options),
  });
};

/**
 * Puts a feedback in the place of another, which stays readable as the one that was overridden.
 *
 * @throws {TracelakeError} `TRACE_ID_INVALID`, `WORKSPACE_*`
 */
export const overrideFeedback = async (
  connection: Connection,
  options: OverrideFeedbackOptions,
): Promise<TraceAssessment> => {
  const present = await getAssessment(connection, options);
  const spanId = present.spanId === undefined ? {} : { spanId: present.spanId };
  const said = { ...options, ...spanId, name: present.name };
  return create(
    connection,
    said,
    messageOf(said, {
      source: sourceMessage(options.source, AssessmentSourceType.CODE),
      feedback: feedbackMessage(options.value, undefined),
      overrides: options.assessmentId,
      valid: true,
    }),
  );
};

/** Removes an assessment. @throws {TracelakeError} `TRACE_ID_INVALID`, `WORKSPACE_*` */
export const deleteAssessment = async (
  connection: Connection,
  options: AssessmentReference & Attempts,
): Promise<void> => {
  const address = addressOf(options);
  const { assessmentId } = options;
  const purpose = `Removing the assessment ${assessmentId}`;
  const call = { method: "DELETE", purpose, assessmentId, ...attemptsOf(options) } as const;
  const body = { trace_id: address.traceId, assessment_id: assessmentId };
  await request(connection, {
    ...requestOf(connection, address, call),
    ...(address.location === undefined ? { body } : {}),
  });
};
