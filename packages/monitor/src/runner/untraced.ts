interface Context {
  setValue(key: symbol, value: unknown): Context;
}

interface ContextManager {
  active(): Context;
  with<T>(context: Context, action: () => T): T;
}

// Where OpenTelemetry's API keeps what a process has registered with it, and the key under which its tracers, ours too, see
// that they are to make no span; both are symbols of the whole process, so that no copy of the API has to be loaded.
const apiKey = Symbol.for("opentelemetry.js.api.1");
const suppressedKey = Symbol.for("OpenTelemetry SDK Context Key SUPPRESS_TRACING");

/**
 * Does something of which no spans are made, such as calls of a client that is observed: a scorer's own traces would be
 * scored in their turn, without end.
 */
export const untraced = <T>(action: () => T): T => {
  const { context } = (globalThis as { [apiKey]?: { context?: ContextManager } })[apiKey] ?? {};
  return context === undefined ? action() : context.with(context.active().setValue(suppressedKey, true), action);
};
