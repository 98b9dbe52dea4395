import { context, trace } from "@opentelemetry/api";
import {
  defineAutolog,
  safely,
  type AutologOptions,
  type AutologSession,
  type ModuleCopy,
} from "@tracelake/uc-exporter/plugin";
import { callTool, runWithConfigsSpan } from "./active-span.ts";
import { nonEmptyText, isRecord } from "./json-record.ts";
import { leaveRun } from "./end-run.ts";
import { streamScopeKey, type StreamScope } from "./start-run.ts";

type AnyFunction = (...args: never[]) => unknown;

const isStream = (value: unknown): value is Record<"return" | "cancel", AnyFunction> =>
  isRecord(value) && typeof value["return"] === "function" && typeof value["cancel"] === "function";

// LangChain tells its handlers nothing when the reader of a stream leaves.
const endWhenLeft = (stream: unknown, scope: StreamScope): unknown => {
  if (!isStream(stream) || !Object.isExtensible(stream)) return stream;
  for (const method of ["return", "cancel"] as const) {
    const original = stream[method];
    const value = (...args: unknown[]): unknown => {
      const leave = (): void => {
        const { run } = scope;
        if (run !== undefined) safely(() => leaveRun(run), undefined);
      };
      const result: unknown = Reflect.apply(original, stream, args);
      if (!(result instanceof Promise)) return result;
      return result.finally(leave);
    };
    Object.defineProperty(stream, method, { value, configurable: true, writable: true });
  }
  return stream;
};

const callStream = (original: AnyFunction, runnable: unknown, args: readonly unknown[]): unknown => {
  const scope: StreamScope = { run: undefined };
  const result: unknown = context.with(context.active().setValue(streamScopeKey, scope), (): unknown =>
    Reflect.apply(original, runnable, args),
  );
  if (!(result instanceof Promise)) return result;
  return result.then((stream: unknown) => safely(() => endWhenLeft(stream, scope), stream));
};

const callOfTool = (original: AnyFunction, tool: unknown, args: readonly unknown[]): unknown => {
  const name = safely(() => (isRecord(tool) ? nonEmptyText(tool["name"]) : undefined), undefined);
  return callTool(name, (): unknown => Reflect.apply(original, tool, args));
};

const prototypeOf = (value: unknown): object | undefined =>
  typeof value === "function" && isRecord(value.prototype) ? value.prototype : undefined;

/** Connects one build of LangChain's core with OpenTelemetry's context: what runs in a run sees its span as the active one. */
export const bridgeContext = <Options extends AutologOptions>(
  session: AutologSession<Options>,
  copy: ModuleCopy,
): void => {
  const { description } = copy;
  copy.withEntry("./singletons", (exports) => {
    const singleton: unknown = Reflect.get(exports, "AsyncLocalStorageProviderSingleton");
    const owner: unknown = isRecord(singleton) ? Object.getPrototypeOf(singleton) : undefined;
    if (!isRecord(owner)) return;
    session.patchMethod(description, owner, "runWithConfig", (original, provider, args) =>
      runWithConfigsSpan(args[0], (): unknown => Reflect.apply(original, provider, args)),
    );
  });
  copy.withEntry("./tools", (exports) => {
    const prototype = prototypeOf(Reflect.get(exports, "StructuredTool"));
    if (prototype !== undefined) session.patchMethod(description, prototype, "call", callOfTool);
  });
  copy.withEntry("./runnables", (exports) => {
    for (const value of Object.values(exports)) {
      const prototype = prototypeOf(value);
      const isOwn = prototype !== undefined && Object.hasOwn(prototype, "stream");
      if (isOwn) session.patchMethod(description, prototype, "stream", callStream);
    }
  });
};

const bridge = defineAutolog({
  name: "langchain-context",
  install: (session) => session.watchModule("@langchain/core", (copy) => bridgeContext(session, copy)),
});

/** {@link bridgeContext} for an application that uses the handler without `autolog()`; once for the process. */
export const ensureContextBridge = (): void => {
  // It makes no spans; with a provider of whatever sort it also starts no exporter.
  if (!bridge.autolog.status().isInstalled) bridge.autolog({ tracerProvider: trace.getTracerProvider() });
};
