import { context, createContextKey, type Context } from "@opentelemetry/api";

// OpenTelemetry's own key, which its API finds by this name: whoever holds to it makes no spans of what is done for telemetry.
const suppressedKey = createContextKey("OpenTelemetry SDK Context Key SUPPRESS_TRACING");

/** Whether no spans are to be made in this context. */
export const isSuppressed = (from: Context): boolean => from.getValue(suppressedKey) === true;

/** Does something of our own, such as a request to a destination, that must not become a span of the application's. */
export const withoutTracing = <T>(action: () => T): T =>
  context.with(context.active().setValue(suppressedKey, true), action);
