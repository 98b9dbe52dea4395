import {
  formatLocation,
  formatTraceId,
  fromAnyValue,
  fromKeyValues,
  mlflowAttributePrefix,
  parseJson,
  parseLocation,
  parseTokenUsage,
  parseTraceId,
  readSpanJson,
  SpanAttributeKey,
  SpanType,
  StatusCode,
  TraceMetadataKey,
  type JsonValue,
  type Span,
  type TokenUsage,
  type TraceInfo,
  type TraceLocation,
  type UnityCatalogLocation,
} from "@tracelake/wire";
import { toAssessment, type TraceAssessment } from "./assessment.ts";

/** What is known of a trace beside its spans. */
export interface TraceSummary {
  /** MLflow's id: `trace:/<location>/<32 hex>` in Unity Catalog, `tr-<32 hex>` elsewhere. */
  readonly traceId: string;
  /** `catalog.schema[.table_prefix]`; `undefined` where an experiment keeps the trace itself. */
  readonly location: string | undefined;
  /** Where an experiment keeps the trace itself. */
  readonly experimentId: string | undefined;
  readonly clientRequestId: string | undefined;
  /** `OK`, `ERROR`, `IN_PROGRESS` or `STATE_UNSPECIFIED`. */
  readonly state: string;
  readonly requestTime: Date | undefined;
  readonly durationMillis: number | undefined;
  readonly requestPreview: string | undefined;
  readonly responsePreview: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly session: string | undefined;
  readonly user: string | undefined;
  readonly tokenUsage: Partial<TokenUsage> | undefined;
  readonly assessments: readonly TraceAssessment[];
}

/** Something that happened during a span, such as `exception`. */
export interface TraceSpanEvent {
  readonly name: string;
  /** Nanoseconds since 1970. */
  readonly timeUnixNano: bigint;
  readonly attributes: Readonly<Record<string, JsonValue>>;
}

/** A span as its writer recorded it. Integers beyond 2^53 are `bigint`. */
export interface TraceSpan {
  /** 32 hexadecimal characters. */
  readonly otelTraceId: string;
  /** 16 hexadecimal characters. */
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  /** `CHAT_MODEL`, `TOOL` and so on; `UNKNOWN` where none was recorded. */
  readonly type: string;
  readonly startTimeUnixNano: bigint;
  /** `undefined` while the span is open. */
  readonly endTimeUnixNano: bigint | undefined;
  readonly status: "OK" | "ERROR" | "UNSET";
  readonly statusMessage: string | undefined;
  readonly inputs: JsonValue | undefined;
  readonly outputs: JsonValue | undefined;
  /** All attributes, `mlflow.` ones as values whichever client wrote them. */
  readonly attributes: Readonly<Record<string, JsonValue>>;
  readonly events: readonly TraceSpanEvent[];
}

/** A whole trace. */
export interface Trace {
  readonly info: TraceSummary;
  readonly spans: readonly TraceSpan[];
}

// MLflow's TypeScript client writes values as JSON text, its Python client writes them as they are.
const readMlflowValue = (key: string, value: JsonValue): JsonValue => {
  if (!key.startsWith(mlflowAttributePrefix) || typeof value !== "string" || !/^\s*["[{]/.test(value)) return value;
  try {
    return parseJson(value);
  } catch {
    return value;
  }
};

const attributesOf = (span: Span): Record<string, JsonValue> =>
  Object.fromEntries(span.attributes.map(({ key, value }) => [key, readMlflowValue(key, fromAnyValue(value))]));

const statusOf = (code: number | undefined): TraceSpan["status"] => {
  if (code === StatusCode.STATUS_CODE_ERROR) return "ERROR";
  return code === StatusCode.STATUS_CODE_OK ? "OK" : "UNSET";
};

const textOr = (value: JsonValue | undefined, otherwise: string): string =>
  typeof value === "string" && value !== "" ? value : otherwise;

/** A span of an answer. @throws {TracelakeError} `OTLP_INVALID` */
export const toTraceSpan = (message: unknown): TraceSpan => {
  const span = readSpanJson(message);
  const attributes = attributesOf(span);
  const end = span.endTimeUnixNano ?? 0n;
  return {
    otelTraceId: span.traceId ?? "",
    spanId: span.spanId ?? "",
    parentSpanId: span.parentSpanId || undefined,
    name: span.name ?? "",
    type: textOr(attributes[SpanAttributeKey.SPAN_TYPE], SpanType.UNKNOWN),
    startTimeUnixNano: span.startTimeUnixNano ?? 0n,
    endTimeUnixNano: end === 0n ? undefined : end,
    status: statusOf(span.status?.code),
    statusMessage: span.status?.message || undefined,
    inputs: attributes[SpanAttributeKey.INPUTS],
    outputs: attributes[SpanAttributeKey.OUTPUTS],
    attributes,
    events: span.events.map((event) => ({
      name: event.name ?? "",
      timeUnixNano: event.timeUnixNano ?? 0n,
      attributes: fromKeyValues(event.attributes),
    })),
  };
};

const placeOf = (location: TraceLocation | undefined): UnityCatalogLocation | undefined => {
  const { uc_schema: schema, uc_table_prefix: prefix } = location ?? {};
  if (prefix !== undefined) return parseLocation(`${prefix.catalog_name}.${prefix.schema_name}.${prefix.table_prefix}`);
  return schema === undefined ? undefined : parseLocation(`${schema.catalog_name}.${schema.schema_name}`);
};

const durationMillis = (text: string | undefined): number | undefined => {
  const seconds = /^(\d+(?:\.\d+)?)s$/.exec(text ?? "")?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
};

const fullTraceId = (info: TraceInfo, place: UnityCatalogLocation | undefined): string =>
  place === undefined ? info.trace_id : formatTraceId(parseTraceId(info.trace_id).otelTraceId, place);

/** What an answer says of a trace. `asked` is used where the answer does not repeat the location. */
export const toTraceSummary = (info: TraceInfo, asked?: UnityCatalogLocation): TraceSummary => {
  const place = placeOf(info.trace_location) ?? asked;
  const metadata = info.trace_metadata;
  return {
    traceId: fullTraceId(info, place),
    location: place === undefined ? undefined : formatLocation(place),
    experimentId: info.trace_location?.mlflow_experiment?.experiment_id,
    clientRequestId: info.client_request_id,
    state: info.state ?? "STATE_UNSPECIFIED",
    requestTime: info.request_time === undefined ? undefined : new Date(info.request_time),
    durationMillis: durationMillis(info.execution_duration),
    requestPreview: info.request_preview,
    responsePreview: info.response_preview,
    metadata,
    tags: info.tags,
    session: metadata[TraceMetadataKey.SESSION],
    user: metadata[TraceMetadataKey.USER],
    tokenUsage: parseTokenUsage(metadata[TraceMetadataKey.TOKEN_USAGE]),
    assessments: (info.assessments ?? []).map(toAssessment),
  };
};
