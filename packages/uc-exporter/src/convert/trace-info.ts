import { basename } from "node:path";
import { SpanStatusCode, type Attributes } from "@opentelemetry/api";
import { hrTimeToMilliseconds } from "@opentelemetry/core";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import type { TraceRecord } from "@tracelake/tracing";
import {
  SpanAttributeKey,
  traceInfoLimits,
  TraceMetadataKey,
  TraceState,
  TraceTagKey,
  type TokenUsage,
  type TraceInfo,
} from "@tracelake/wire";
import { previewOf } from "./preview.ts";

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
    [...entries].map(([key, value]) => [key.slice(0, keyCharacters), value.slice(0, valueCharacters)]),
  );

const metadataOf = ({ root, record, tokenUsage }: EndedTrace, schemaVersion: "3" | "4"): [string, string][] => {
  const inputs = text(root.attributes, SpanAttributeKey.INPUTS);
  const outputs = text(root.attributes, SpanAttributeKey.OUTPUTS);
  const session = text(root.attributes, SpanAttributeKey.SESSION_ID);
  const user = text(root.attributes, SpanAttributeKey.USER_ID);
  const entries: [string, string | undefined][] = [
    [TraceMetadataKey.SCHEMA_VERSION, schemaVersion],
    [TraceMetadataKey.SOURCE_NAME, sourceName()],
    [TraceMetadataKey.SOURCE_TYPE, "LOCAL"],
    [TraceMetadataKey.INPUTS, inputs],
    [TraceMetadataKey.OUTPUTS, outputs],
    [TraceMetadataKey.TOKEN_USAGE, tokenUsage && JSON.stringify(tokenUsage)],
    [TraceMetadataKey.SESSION, session],
    [TraceMetadataKey.USER, user],
    ...(record?.metadata ?? []),
  ];
  return entries.filter((entry): entry is [string, string] => entry[1] !== undefined);
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
    request_time: new Date(hrTimeToMilliseconds(root.startTime)).toISOString(),
    execution_duration: `${(hrTimeToMilliseconds(root.duration) / 1000).toFixed(6).replace(/\.?0+$/, "")}s`,
    state: root.status.code === SpanStatusCode.ERROR ? TraceState.ERROR : TraceState.OK,
    trace_metadata: cutMap(
      metadataOf(ended, isInCatalog ? "4" : "3"),
      traceInfoLimits.metadataCharacters,
      isInCatalog ? traceInfoLimits.metadataCharacters : 8000,
    ),
    tags: cutMap(tags, traceInfoLimits.tagKeyCharacters, traceInfoLimits.tagValueCharacters),
  };
};
