import { context, trace } from "@opentelemetry/api";
import { SpanAttributeKey, TraceMetadataKey } from "@tracelake/wire";
import { captureText } from "./capture/policy.ts";
import { LiveSpan } from "./live-span.ts";
import { safely, tracingRuntime } from "./runtime.ts";
import { entryAbove, entryOf, type TraceRecord } from "./span-entry.ts";

/** What can be said of a whole trace while one of its spans is active. */
export interface TraceUpdate {
  /** Can be changed later, also by other people. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Fixed when the trace ends. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Groups the traces of one conversation. */
  readonly session?: string;
  readonly user?: string;
  /** The application's own id of the request. */
  readonly clientRequestId?: string;
  /** Shown in lists instead of a preview of the root span's inputs. */
  readonly requestPreview?: string;
  /** Shown in lists instead of a preview of the root span's outputs. */
  readonly responsePreview?: string;
}

/** The span that is active here, or `undefined`. */
export const getCurrentActiveSpan = (): LiveSpan | undefined => {
  const otelSpan = trace.getSpan(context.active());
  const entry = otelSpan && entryOf(otelSpan);
  return otelSpan === undefined || entry === undefined
    ? undefined
    : new LiveSpan(otelSpan, entry, tracingRuntime().policy);
};

/** The MLflow id of the trace whose root span ended last in this process, or `undefined`. */
export const getLastActiveTraceId = (): string | undefined => tracingRuntime().lastActiveTraceId;

/** Adds to the trace of the active span. Without one it does nothing. */
export const updateCurrentTrace = (update: TraceUpdate): void => {
  safely(() => {
    const record = entryAbove(trace.getSpan(context.active()))?.trace;
    if (record !== undefined) applyUpdate(record, update);
  }, undefined);
};

/** Says whose conversation a span's trace belongs to, where nobody has said so yet: what the application says counts. */
export const proposeIdentity = (
  span: LiveSpan,
  { session, user }: { readonly session: string | undefined; readonly user: string | undefined },
): void => {
  safely(() => {
    const record = entryOf(span.otelSpan)?.trace;
    if (record === undefined) return;
    const isOpen = (key: string): boolean => !record.metadata.has(key);
    applyUpdate(record, {
      ...(session !== undefined && isOpen(TraceMetadataKey.SESSION) ? { session } : {}),
      ...(user !== undefined && isOpen(TraceMetadataKey.USER) ? { user } : {}),
    });
  }, undefined);
};

// A text has an entry for each of its characters.
const entriesOf = (labels: unknown): [string, unknown][] =>
  typeof labels === "object" && labels !== null ? Object.entries(labels) : [];

const applyUpdate = (record: TraceRecord, update: TraceUpdate): void => {
  const { policy } = tracingRuntime();
  const preview = (text: string, key: string) =>
    captureText(policy, String(text), { field: "preview", key, spanName: "" });
  // Nobody's content, but a place for secrets like any other.
  const label = (value: unknown, key: string): string =>
    policy.redact === undefined
      ? String(value)
      : (captureText({ ...policy, content: true }, String(value), { field: "attribute", key, spanName: "" }) ?? "");
  for (const [key, value] of entriesOf(update.tags)) record.tags.set(key, label(value, key));
  for (const [key, value] of entriesOf(update.metadata)) record.metadata.set(key, label(value, key));
  if (update.session !== undefined) {
    const session = label(update.session, "session");
    setIdentity(record, TraceMetadataKey.SESSION, SpanAttributeKey.SESSION_ID, session);
  }
  if (update.user !== undefined)
    setIdentity(record, TraceMetadataKey.USER, SpanAttributeKey.USER_ID, label(update.user, "user"));
  if (update.clientRequestId !== undefined) record.clientRequestId = label(update.clientRequestId, "clientRequestId");
  if (update.requestPreview !== undefined) record.requestPreview = preview(update.requestPreview, "requestPreview");
  if (update.responsePreview !== undefined) record.responsePreview = preview(update.responsePreview, "responsePreview");
};

// Databricks reads session and user from the root span where a writer sends no trace info.
const setIdentity = (record: TraceRecord, metadataKey: string, attributeKey: string, value: string): void => {
  record.metadata.set(metadataKey, value);
  record.rootSpan.setAttribute(attributeKey, value);
};
