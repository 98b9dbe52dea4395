import { basename } from "node:path";
import { SpanStatusCode, type Attributes } from "@opentelemetry/api";
import type { TraceRecord } from "@tracelake/tracing";
import {
  cutText,
  previewOf,
  shortenText,
  spaceJson,
  SpanAttributeKey,
  traceInfoLimits,
  TraceMetadataKey,
  TraceState,
  TraceTagKey,
  type TokenUsage,
  type TraceInfo,
} from "@tracelake/wire";
import type { ReadableSpan } from "../readable-span.ts";
import { toUnixNano } from "./span-to-otlp.ts";

/** What is known of a trace when its root span has ended. */
export interface EndedTrace {
  readonly root: ReadableSpan;
  readonly record: TraceRecord | undefined;
  readonly tokenUsage: TokenUsage | undefined;
}

const text = (attributes: Attributes, key: string): string | undefined => {
  const value = attributes[key];
  return typeof value === "string" ? value : undefined;
};

const sourceName = (): string => basename(process.argv[1] ?? process.title);

const cutMap = (
  entries: Iterable<readonly [string, string]>,
  keyCharacters: number,
  valueCharacters: number,
): Record<string, string> =>
  Object.fromEntries(
    [...entries].map(([key, value]) => [cutText(key, keyCharacters), cutText(value, valueCharacters)]),
  );

// MLflow keeps the beginning of inputs and outputs here, and an empty text where there are none.
const beginningOf = (json: string | undefined): string => {
  const { metadataCharacters } = traceInfoLimits;
  return shortenText(spaceJson(json ?? "", metadataCharacters), metadataCharacters);
};

const metadataOf = ({ root, record, tokenUsage }: EndedTrace, schemaVersion: "3" | "4"): [string, string][] => {
  const inputs = text(root.attributes, SpanAttributeKey.INPUTS);
  const outputs = text(root.attributes, SpanAttributeKey.OUTPUTS);
  const session = text(root.attributes, SpanAttributeKey.SESSION_ID);
  const user = text(root.attributes, SpanAttributeKey.USER_ID);
  const entries: [string, string | undefined][] = [
    [TraceMetadataKey.SCHEMA_VERSION, schemaVersion],
    [TraceMetadataKey.SOURCE_NAME, sourceName()],
    [TraceMetadataKey.SOURCE_TYPE, "LOCAL"],
    [TraceMetadataKey.INPUTS, beginningOf(inputs)],
    [TraceMetadataKey.OUTPUTS, beginningOf(outputs)],
    [
      TraceMetadataKey.TOKEN_USAGE,
      tokenUsage && spaceJson(JSON.stringify(tokenUsage), traceInfoLimits.metadataCharacters),
    ],
    [TraceMetadataKey.SESSION, session],
    [TraceMetadataKey.USER, user],
    ...(record?.metadata ?? []),
  ];
  return entries.filter((entry): entry is [string, string] => entry[1] !== undefined);
};

const nanosPerMilli = 1_000_000n;

/** MLflow counts in whole milliseconds, and writes no fraction where there is none, as protobuf's JSON does. */
const toTimes = (root: ReadableSpan): Pick<TraceInfo, "request_time" | "execution_duration"> => {
  const start = toUnixNano(root.startTime);
  const durationMillis = Number((toUnixNano(root.endTime) - start) / nanosPerMilli);
  const seconds = (durationMillis / 1000).toFixed(durationMillis % 1000 === 0 ? 0 : 3);
  const startTime = new Date(Number(start / nanosPerMilli)).toISOString();
  return { request_time: startTime.replace(".000Z", "Z"), execution_duration: `${seconds}s` };
};

/** Where a trace info is going: Unity Catalog takes the bare id and long previews, an MLflow server `tr-…` and short ones. */
export type TraceInfoForm = "unity-catalog" | "mlflow-server";

/** The trace info of a trace whose root span has ended, without its location. */
export const toTraceInfo = (ended: EndedTrace, form: TraceInfoForm): TraceInfo => {
  const { root, record } = ended;
  const { traceId } = root.spanContext();
  const isInCatalog = form === "unity-catalog";
  const previewCharacters = isInCatalog
    ? traceInfoLimits.previewCharacters
    : traceInfoLimits.previewCharactersOnMlflowServer;
  const requestPreview =
    record?.requestPreview ?? previewOf(text(root.attributes, SpanAttributeKey.INPUTS), "user", previewCharacters);
  const responsePreview =
    record?.responsePreview ??
    previewOf(text(root.attributes, SpanAttributeKey.OUTPUTS), "assistant", previewCharacters);
  const tags: [string, string][] = [[TraceTagKey.NAME, root.name], ...(record?.tags ?? [])];
  return {
    trace_id: isInCatalog ? traceId : `tr-${traceId}`,
    ...(record?.clientRequestId === undefined ? {} : { client_request_id: record.clientRequestId }),
    ...(requestPreview === undefined ? {} : { request_preview: requestPreview }),
    ...(responsePreview === undefined ? {} : { response_preview: responsePreview }),
    ...toTimes(root),
    state: root.status.code === SpanStatusCode.ERROR ? TraceState.ERROR : TraceState.OK,
    trace_metadata: cutMap(
      metadataOf(ended, isInCatalog ? "4" : "3"),
      traceInfoLimits.metadataCharacters,
      isInCatalog ? traceInfoLimits.metadataCharacters : 8000,
    ),
    tags: cutMap(tags, traceInfoLimits.tagKeyCharacters, traceInfoLimits.tagValueCharacters),
  };
};
