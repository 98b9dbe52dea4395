import { context, createContextKey, trace, type Context, type Span } from "@opentelemetry/api";
import { safely } from "@tracelake/uc-exporter/plugin";
import { isRecord } from "./json-record.ts";
import type { Run } from "./run.ts";
import { findRun } from "./run-registry.ts";

/** A run that was entered for all that it does until it ends. */
interface EnteredRun {
  readonly run: Run;
  /** The context before. */
  readonly previous: Context;
  /** What the run made the active span: its own, or another's where it is not recorded. */
  readonly activeSpan: Span | undefined;
}

const enteredKey = createContextKey("tracelake.langchain.run");

// What is begun inside has a span of its own in the context, or another's.
const enteredIn = (from: Context): EnteredRun | undefined => {
  const entered = from.getValue(enteredKey) as EnteredRun | undefined;
  return entered !== undefined && trace.getSpan(from) === entered.activeSpan ? entered : undefined;
};

let enteredThisTurn: EnteredRun | undefined;

/** The model, retriever or tool that is being called here. */
export const enteredRun = (): Run | undefined => enteredIn(context.active())?.run;

/**
 * The context in which a run without a parent of its own begins: the caller's. A model's context that was entered in this
 * very turn is a sibling's of the same batch; one that was entered for a call that is over has nothing to do with it.
 */
export const callerContext = (): Context => {
  let current = context.active();
  for (;;) {
    const entered = enteredIn(current);
    if (entered === undefined || (entered !== enteredThisTurn && !entered.run.isOver)) return current;
    current = entered.previous;
  }
};

interface EnterableStorage {
  enterWith(context: Context): void;
}

const isEnterable = (value: unknown): value is EnterableStorage =>
  isRecord(value) && typeof value["enterWith"] === "function";

const known: { manager?: unknown; storage?: EnterableStorage | undefined } = {};

// The context manager of OpenTelemetry's SDK keeps contexts there; its interface has no way to enter one and return.
const storageOf = (): EnterableStorage | undefined => {
  const read: unknown = Reflect.get(context, "_getContextManager");
  const manager: unknown = typeof read === "function" ? Reflect.apply(read, context, []) : undefined;
  if (manager !== known.manager) {
    const storage: unknown = isRecord(manager) ? manager["_asyncLocalStorage"] : undefined;
    known.storage = isEnterable(storage) ? storage : undefined;
    known.manager = manager;
  }
  return known.storage;
};

const settled = Promise.resolve();

const forgetTurn = (): void => {
  enteredThisTurn = undefined;
};

/**
 * Makes a run's span the active one for the rest of the function that announced it. Only for models and retrievers, which
 * always await something before, so that nothing leaks to their caller; and for tools that are called by `callTool`.
 */
export const enterRun = (run: Run): void => {
  const { span } = run;
  const storage = span === undefined ? undefined : storageOf();
  if (span === undefined || storage === undefined) return;
  const previous = callerContext();
  const inside = span.contextIn(previous);
  enteredThisTurn = { run, previous, activeSpan: trace.getSpan(inside) };
  // Cheaper than a microtask, which is a resource of its own.
  void settled.then(forgetTurn);
  storage.enterWith(inside.setValue(enteredKey, enteredThisTurn));
};

const toolCallKey = createContextKey("tracelake.langchain.tool");

/** A tool that is being called, until its run begins. */
interface ToolCall {
  readonly name: string | undefined;
  isTaken: boolean;
}

/** Calls a tool so that its run can be entered: what the run changes in the context ends with this call. */
export const callTool = (name: string | undefined, call: () => unknown): unknown => {
  const toolCall: ToolCall = { name, isTaken: false };
  return context.with(context.active().setValue(toolCallKey, toolCall), call);
};

/** The call of {@link callTool} that a tool's run belongs to; `undefined` where it came another way. */
export const takeToolCall = (): { readonly name: string | undefined } | undefined => {
  const toolCall = context.active().getValue(toolCallKey) as ToolCall | undefined;
  if (toolCall === undefined || toolCall.isTaken) return undefined;
  toolCall.isTaken = true;
  return toolCall;
};

const runOfConfig = (config: unknown): Run | undefined => {
  const callbacks: unknown = isRecord(config) ? config["callbacks"] : undefined;
  if (!isRecord(callbacks)) return undefined;
  const read = callbacks["getParentRunId"];
  return findRun(typeof read === "function" ? Reflect.apply(read, callbacks, []) : callbacks["_parentRunId"]);
};

/** Calls `action` with the span of the run that `config` belongs to as the active one. */
export const runWithConfigsSpan = <T>(config: unknown, action: () => T): T => {
  const span = safely(() => runOfConfig(config), undefined)?.span;
  const active = context.active();
  if (span === undefined || trace.getSpan(active) === span.otelSpan) return action();
  return context.with(span.contextIn(active), action);
};
