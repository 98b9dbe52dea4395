import {
  defineAutolog,
  safely,
  type Autolog,
  type AutologOptions,
  type AutologSession,
  type DefinedAutolog,
  type ModuleCopy,
} from "@tracelake/uc-exporter/plugin";
import { bridgeContext } from "./context-bridge.ts";
import { recordingOf, type LangChainTracingOptions } from "./handler.ts";
import { isRecord, type JsonRecord } from "./json-record.ts";
import { observeClass, observeHeld } from "./observe-classes.ts";
import { isTracelakeHandler, RunHandler } from "./run-handler.ts";

/** What `autolog` of this package accepts. */
export interface LangChainAutologOptions extends AutologOptions, Omit<LangChainTracingOptions, "tracerProvider"> {
  /**
   * What `import * as manager from "@langchain/core/callbacks/manager"` gives. Needed only where LangChain cannot be found:
   * in a bundle, or loaded in a way of your own.
   */
  readonly callbackManager?: object;
  /**
   * Classes of embeddings, vector stores and rerankers to record beside those that are found, or instances of them: they
   * have no callbacks, and are found only once a vector store or retriever uses them.
   */
  readonly classes?: readonly object[];
}

type Session = AutologSession<LangChainAutologOptions>;

/** The position of LangChain's own settings in the arguments of `_configureSync`, the same from 0.2 to 1.x. */
const settingsPosition = 6;

const handlersOf = (callbacks: unknown): unknown => (isRecord(callbacks) ? callbacks["handlers"] : callbacks);

const hasHandler = (callbacks: unknown): boolean => {
  const handlers = handlersOf(callbacks);
  return Array.isArray(handlers) && handlers.some(isTracelakeHandler);
};

// LangChain ≥ 1.0 shows a call's `configurable` to its own tracer alone.
const hiddenMetadataOf = (settings: unknown): JsonRecord | undefined => {
  const hidden: unknown = isRecord(settings) ? settings["tracerInheritableMetadata"] : undefined;
  return isRecord(hidden) && ("thread_id" in hidden || "user_id" in hidden || "session_id" in hidden)
    ? hidden
    : undefined;
};

// What the application passed is its own, and stays as it is.
const withHandler = (callbacks: unknown, handler: RunHandler): unknown => {
  if (Array.isArray(callbacks)) return [...(callbacks as readonly unknown[]), handler];
  const copy: unknown = isRecord(callbacks) ? callbacks["copy"] : undefined;
  return typeof copy === "function" ? Reflect.apply(copy, callbacks, [[handler], true]) : [handler];
};

const patchManager = (session: Session, exports: object, description: string): void => {
  const manager: unknown = Reflect.get(exports, "CallbackManager");
  if (typeof manager !== "function") return;
  const startSpan = session.startSpan.bind(session);
  const createHandler = (hiddenMetadata: JsonRecord | undefined) =>
    new RunHandler(recordingOf(session.options, { startSpan, hiddenMetadata }));
  const shared: { handler?: RunHandler; options?: LangChainAutologOptions } = {};
  const sharedHandler = (): RunHandler => {
    if (shared.handler === undefined || shared.options !== session.options) {
      shared.options = session.options;
      shared.handler = createHandler(undefined);
    }
    return shared.handler;
  };
  const withOurs = (args: readonly unknown[]): readonly unknown[] => {
    const [callbacks, ...rest] = args;
    if (hasHandler(callbacks)) return args;
    const hidden = hiddenMetadataOf(args[settingsPosition]);
    const handler = hidden === undefined ? sharedHandler() : createHandler(hidden);
    return [withHandler(callbacks, handler), ...rest];
  };
  session.patchMethod(description, manager, "_configureSync", (original, owner, args) =>
    // A manager and metadata of the application's may do anything when they are looked at.
    Reflect.apply(
      original,
      owner,
      safely(() => withOurs(args), args),
    ),
  );
};

const patchRetrieval = (session: Session, copy: ModuleCopy): void => {
  copy.withEntry("./vectorstores", (exports) => {
    const store: unknown = Reflect.get(exports, "VectorStore");
    const prototype: unknown = typeof store === "function" ? store.prototype : undefined;
    if (!isRecord(prototype)) return;
    observeClass(session, prototype);
    session.patchMethod(copy.description, prototype, "asRetriever", (original, instance, args) => {
      if (isRecord(instance)) observeClass(session, instance);
      if (isRecord(instance)) observeHeld(session, instance);
      return Reflect.apply(original, instance, args);
    });
  });
  copy.withEntry("./retrievers", (exports) => {
    const retriever: unknown = Reflect.get(exports, "BaseRetriever");
    const prototype: unknown = typeof retriever === "function" ? retriever.prototype : undefined;
    if (!isRecord(prototype)) return;
    session.patchMethod(copy.description, prototype, "invoke", (original, instance, args) => {
      if (isRecord(instance)) observeHeld(session, instance);
      return Reflect.apply(original, instance, args);
    });
  });
};

const defined: DefinedAutolog<LangChainAutologOptions> = defineAutolog({
  name: "langchain",
  remedy:
    "Where it is bundled, pass its callback manager, autolog({ callbackManager }), or use new TracelakeCallbackHandler().",
  install(session) {
    const { callbackManager, classes } = session.options;
    if (isRecord(callbackManager)) patchManager(session, callbackManager, "the manager passed to autolog()");
    for (const value of classes ?? []) {
      const instance: unknown = typeof value === "function" ? value.prototype : value;
      if (isRecord(instance)) observeClass(session, instance);
    }
    session.watchModule("@langchain/core", (copy) => {
      copy.withEntry("./callbacks/manager", (exports) => patchManager(session, exports, copy.description));
      bridgeContext(session, copy);
      patchRetrieval(session, copy);
    });
  },
});

/**
 * Makes every run of LangChain.js and LangGraph.js a trace from now on, for every copy of `@langchain/core` that is or
 * will be loaded. Calling it again changes nothing but the options it names. Never throws; `autolog.status()` says what
 * was patched and what was seen.
 */
export const autolog: Autolog<LangChainAutologOptions> = defined.autolog;

/** Takes every patch back. Runs under way are still recorded to their end, as far as they have begun. */
export const unautolog: () => void = defined.unautolog;
