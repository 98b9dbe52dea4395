import { context, createContextKey } from "@opentelemetry/api";
import { SpanType, type LiveSpan } from "@tracelake/uc-exporter";
import { markModelCall, proposeIdentity, safely } from "@tracelake/uc-exporter/plugin";
import { callerContext, enterRun, takeToolCall } from "./active-span.ts";
import { describeRun, revealsAgent } from "./describe-run.ts";
import { readIdentity } from "./identity.ts";
import { nonEmptyText, isRecord } from "./json-record.ts";
import { recordChatRequest, recordTextRequest } from "./model-request.ts";
import { toPlainValue } from "./plain-value.ts";
import { recordIdentifiers, recordMetadata } from "./run-attributes.ts";
import { addRun, findRun, takeInterrupted, touch } from "./run-registry.ts";
import { Run, type RecordingOptions, type RunDescription, type RunStart } from "./run.ts";
import { stateChange } from "./state-change.ts";

/** Under this key a context holds the {@link StreamScope} that the next run belongs to. */
export const streamScopeKey = createContextKey("tracelake.langchain.stream");

/** A stream that was asked for, and the run that produces it. */
export interface StreamScope {
  run: Run | undefined;
}

// https://github.com/langchain-ai/langchainjs: a runnable's own say in what of it may be recorded.
const tracePolicyKey = Symbol.for("langchain.trace_policy");

const readPolicy = (run: Run, extra: unknown): void => {
  const policy: unknown = isRecord(extra) ? Reflect.get(extra, tracePolicyKey) : undefined;
  if (!isRecord(policy)) return;
  run.processInputs = policy["processInputs"];
  run.processOutputs = policy["processOutputs"];
};

/** A chain's inputs or outputs as its author allows them to be recorded; nothing of them where that fails. */
export const processed = (process: unknown, value: unknown): unknown => {
  if (typeof process !== "function") return value;
  return safely((): unknown => Reflect.apply(process, undefined, [value]), {});
};

/** A tool's input, which LangChain hands over as text. */
const parseToolInput = (input: unknown): unknown => {
  if (typeof input !== "string" || !/^\s*[[{]/.test(input)) return input;
  try {
    return JSON.parse(input) as unknown;
  } catch {
    return input;
  }
};

const isResuming = (inputs: unknown): boolean =>
  isRecord(inputs) && inputs["lg_name"] === "Command" && inputs["resume"] !== undefined;

/** Links the run that resumes a thread to the one that was interrupted. */
export const linkResumed = (run: Run): void => {
  const interrupted = run.threadId === undefined || run.isResumed ? undefined : takeInterrupted(run.threadId);
  if (interrupted === undefined) return;
  run.isResumed = true;
  run.span?.addLink(interrupted).setAttribute("langgraph.resumed", true);
};

const recordNodeState = (run: Run, start: RunStart, span: LiveSpan): void => {
  const { nodeState } = run.options;
  if (nodeState === "none") return;
  const graph = run.parent;
  const state = nodeState === "diff" ? stateChange(graph?.lastState, start.inputs) : start.inputs;
  if (graph !== undefined && nodeState === "diff" && isRecord(start.inputs)) graph.lastState = { ...start.inputs };
  span.setInputs(toPlainValue(processed(run.processInputs, state)));
};

const isDeferred = (extra: unknown): boolean => isRecord(extra) && extra["lc_defers_inputs"] === true;

const recordInputs = (run: Run, start: RunStart, span: LiveSpan): void => {
  const { inputs, extra, metadata } = start;
  if (run.kind === "chat_model") recordChatRequest(span, inputs, extra, metadata);
  else if (run.kind === "llm") recordTextRequest(span, inputs, extra, metadata);
  else if (run.kind === "retriever") span.setInputs({ query: inputs });
  else if (run.kind === "tool") span.setInputs(run.toolInput);
  else if (run.isNode) recordNodeState(run, start, span);
  else if (!isDeferred(extra)) span.setInputs(toPlainValue(processed(run.processInputs, inputs)));
};

const openSpan = (start: RunStart, described: RunDescription, above: LiveSpan | undefined, options: RecordingOptions) =>
  options.startSpan(start.kind, () => ({
    name: described.name,
    spanType: described.spanType,
    ...(above === undefined ? {} : { parent: above }),
  }));

/** The span of a run: its own, or for one that is hidden that of the run above. */
const spanFor = (start: RunStart, described: RunDescription, parent: Run | undefined, options: RecordingOptions) => {
  if (described.isHidden) return parent?.span;
  if (parent?.span !== undefined) return openSpan(start, described, parent.span, options);
  const caller = callerContext();
  const open = () => openSpan(start, described, undefined, options);
  return caller === context.active() ? open() : context.with(caller, open);
};

const hasKeys = (inputs: unknown, keys: readonly string[] | undefined): boolean =>
  isRecord(inputs) && keys !== undefined && keys.length > 0 && keys.every((key) => key in inputs);

const createRun = (start: RunStart, options: RecordingOptions, toolName: string | undefined): Run | undefined => {
  const parent = findRun(start.parentRunId);
  const read = describeRun(start, parent, toolName);
  const described = options.internalRuns === "keep" ? { ...read, isHidden: false, mayBeRouter: false } : read;
  const span = spanFor(start, described, parent, options);
  if (span === undefined && !described.isHidden) return undefined;
  if (revealsAgent(described, parent)) becomeAgent(parent);
  const run = new Run(described, { start, parent, span, options });
  readDetails(run, start);
  return run;
};

/** Notes what will count when the run or one below it ends. */
const readDetails = (run: Run, { inputs, metadata, extra }: RunStart): void => {
  if (run.kind === "tool") run.toolInput = parseToolInput(inputs);
  if (run.isGraph && isRecord(metadata)) run.threadId = nonEmptyText(metadata["thread_id"]);
  if (run.isNode && isRecord(inputs)) run.stateKeys = Object.keys(inputs);
  if (run.mayBeRouter) run.sawState = hasKeys(inputs, run.parent?.stateKeys);
  if (extra !== undefined) readPolicy(run, extra);
};

const becomeAgent = (graph: Run | undefined): void => {
  if (graph === undefined) return;
  graph.spanType = SpanType.AGENT;
  graph.span?.setSpanType(SpanType.AGENT);
  graph.span?.setAttributes({ "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": graph.name });
};

// A tool that calls a retriever has its documents in a span already.
const noteRetriever = (run: Run): void => {
  for (let above = run.parent; above !== undefined; above = above.parent) above.hasRetriever = true;
};

const modelKinds = new Set(["chat_model", "llm"]);

const record = (run: Run, start: RunStart, span: LiveSpan): void => {
  if (modelKinds.has(run.kind)) markModelCall(span);
  if (!span.isRecording) return;
  recordIdentifiers(span, start, run);
  safely(() => recordInputs(run, start, span), undefined);
  if (run.isGraph && isResuming(start.inputs)) linkResumed(run);
  if (run.parent !== undefined) return;
  proposeIdentity(span, readIdentity(start.metadata, run.options.hiddenMetadata));
  recordMetadata(span, start.metadata);
};

/** Whether a run begins a stream that was asked for, which is then known to be the run's. */
const takeStream = (run: Run): boolean => {
  const scope = context.active().getValue(streamScopeKey) as StreamScope | undefined;
  if (scope === undefined || scope.run !== undefined) return false;
  scope.run = run;
  return true;
};

// Tools, retrievers and prompts answer at once, whoever asks; and what is below a stream ends with it.
const canBeLeft = (run: Run, { runType }: RunStart, isStream: boolean): boolean =>
  (isStream || run.parent === undefined) &&
  (run.kind === "chat_model" || run.kind === "llm" || (run.kind === "chain" && runType !== "prompt"));

/**
 * Begins a run, once however many handlers see it. `owner` is an object that lives as long as LangChain's record of the
 * run: the list of its tags.
 */
export const startRun = (start: RunStart, options: RecordingOptions): void => {
  if (typeof start.runId !== "string" || start.runId === "" || findRun(start.runId) !== undefined) return;
  const toolCall = start.kind === "tool" ? takeToolCall() : undefined;
  const run = createRun(start, options, toolCall?.name);
  if (run === undefined) return;
  if (run.parent !== undefined) {
    run.parent.hasChildren = true;
    touch(run.parent);
  }
  addRun(run, canBeLeft(run, start, takeStream(run)) ? start.tags : undefined);
  if (run.spanType === SpanType.RETRIEVER) noteRetriever(run);
  if (run.isHidden || run.span === undefined) return;
  const { span } = run;
  safely(() => record(run, start, span), undefined);
  if (run.kind === "tool" ? toolCall !== undefined : run.kind !== "chain") enterRun(run);
};
