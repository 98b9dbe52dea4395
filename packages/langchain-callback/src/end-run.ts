import { SpanType, type LiveSpan } from "@tracelake/uc-exporter";
import { safely } from "@tracelake/uc-exporter/plugin";
import { readEnding, type Ending } from "./control-flow.ts";
import { documentsIn, documentsOfTool } from "./documents.ts";
import { nonEmptyText, isRecord, recordsIn, type JsonRecord } from "./json-record.ts";
import { isMessage } from "./messages.ts";
import { recordAnswer, recordPartialAnswer } from "./model-answer.ts";
import { toPlainValue } from "./plain-value.ts";
import { findRoutes } from "./routes.ts";
import { findRun, noteInterrupted, onLeft, removeRun, touch } from "./run-registry.ts";
import type { Run } from "./run.ts";
import { processed } from "./start-run.ts";

/** What else LangChain says of a run's end. */
export interface EndDetails {
  /** The inputs of a stream, which are known only when it has been read. */
  readonly inputs?: unknown;
  readonly extra?: unknown;
}

/** The query within a tool's arguments: the one that is called so, or the only text there is. */
const queryOf = (input: unknown): unknown => {
  if (!isRecord(input)) return input;
  const texts = Object.values(input).filter((value) => typeof value === "string");
  return input["query"] ?? input["question"] ?? (texts.length === 1 ? texts[0] : input);
};

/** Retrieval that was done by a tool, as a span of the type that scorers look for. */
const recordToolsRetrieval = (run: Run, span: LiveSpan, output: unknown): void => {
  const documents = run.hasRetriever ? undefined : documentsOfTool(output);
  if (documents === undefined) return;
  run.options
    .startSpan("retriever", () => ({
      name: run.name,
      spanType: SpanType.RETRIEVER,
      inputs: { query: queryOf(run.toolInput) },
      parent: span,
      startTime: run.startTimeMillis,
    }))
    ?.end({ outputs: documents });
};

// The artifact is left out: it is what the model is not to see, and may be large.
const toToolOutput = (output: unknown): unknown => {
  if (!isMessage(output)) return documentsIn(output) ?? toPlainValue(output);
  return {
    content: output["content"],
    ...(output["status"] === undefined ? {} : { status: output["status"] }),
    ...(output["tool_call_id"] === undefined ? {} : { tool_call_id: output["tool_call_id"] }),
  };
};

/** Says of tool calls that failed, also of those whose arguments were refused before the tool was called. */
const recordFailedToolCalls = (span: LiveSpan, outputs: unknown): void => {
  const messages = isRecord(outputs) ? outputs["messages"] : outputs;
  for (const message of recordsIn(messages)) {
    if (message["status"] !== "error" || !isMessage(message)) continue;
    span.addEvent("tool_call_failed", {
      name: nonEmptyText(message["name"]) ?? "",
      tool_call_id: nonEmptyText(message["tool_call_id"]) ?? "",
      message: message["content"],
    });
  }
};

// What the caller gets, but LangGraph does not tell.
const withInterrupts = (run: Run, outputs: unknown): unknown =>
  run.interrupts === undefined || run.interrupts.length === 0 || (isRecord(outputs) && "__interrupt__" in outputs)
    ? outputs
    : { ...(isRecord(outputs) ? outputs : {}), __interrupt__: run.interrupts };

const recordChainOutputs = (run: Run, span: LiveSpan, outputs: unknown, details: EndDetails): void => {
  const given = isRecord(details.inputs) ? Object.values(details.inputs) : [];
  if (given.some((value) => value !== undefined) && !run.isNode) {
    span.setInputs(toPlainValue(processed(run.processInputs, details.inputs)));
  }
  if (run.isNode) recordFailedToolCalls(span, outputs);
  if (run.isNode && run.options.nodeState === "none") return;
  const recorded = processed(run.processOutputs, withInterrupts(run, outputs));
  if (recorded !== undefined) span.setOutputs(toPlainValue(recorded));
};

const recordOutputs = (run: Run, span: LiveSpan, outputs: unknown, details: EndDetails): void => {
  if (run.kind === "chat_model" || run.kind === "llm") recordAnswer(span, outputs, details.extra);
  else if (run.kind === "retriever") span.setOutputs(documentsIn(outputs) ?? outputs);
  else if (run.kind === "tool") {
    span.setOutputs(toToolOutput(outputs));
    recordToolsRetrieval(run, span, outputs);
    if (run.toolEvents > 0) span.setAttribute("langchain.tool.events", run.toolEvents);
  } else recordChainOutputs(run, span, outputs, details);
};

/** Marks a graph whose run stopped to ask, for whoever resumes it. */
const finishInterrupted = (run: Run, span: LiveSpan, interrupts: readonly unknown[]): void => {
  if (!run.isGraph) return;
  span.setAttribute("langgraph.interrupted", true);
  span.addEvent("interrupt", { interrupts });
  if (run.threadId !== undefined) noteInterrupted(run.threadId, span.otelSpan.spanContext());
};

/** Takes a run off the books and has its end recorded, where anything of it is; that end is heard of at `endMillis`. */
const close = (run: Run, recordEnd: (span: LiveSpan) => void, endMillis?: number): void => {
  removeRun(run);
  if (run.parent !== undefined) touch(run.parent, endMillis);
  const { span, isHidden } = run;
  if (span !== undefined && !isHidden) safely(() => recordEnd(span), undefined);
  run.letGo();
};

/** Where a graph's router went to, if a run was one: only its result shows that it is no step of the user's. */
const routesOf = (run: Run, outputs: unknown): readonly string[] | undefined =>
  run.mayBeRouter && !run.hasChildren ? safely(() => findRoutes(outputs, run), undefined) : undefined;

const recordReturn = (run: Run, span: LiveSpan, outputs: unknown, details: EndDetails): void => {
  if (span.isRecording) {
    safely(() => recordOutputs(run, span, outputs, details), undefined);
    if (run.interrupts !== undefined) finishInterrupted(run, span, run.interrupts);
  }
  span.end();
};

/** Ends a run with what it returned. A run that is not known, or is over, is left alone. */
export const endRun = (runId: unknown, outputs: unknown, details: EndDetails = {}): void => {
  const run = findRun(runId);
  if (run === undefined) return;
  const routes = routesOf(run, outputs);
  // A router's span is never ended, so never exported.
  if (routes === undefined) close(run, (span) => recordReturn(run, span, outputs, details));
  else close(run, () => run.parent?.span?.addEvent("langgraph.route", { to: routes }));
};

const noteInterrupts = (above: Run, interrupts: readonly unknown[]): void => {
  const known = above.interrupts ?? [];
  above.interrupts = [...known, ...interrupts.filter((interrupt) => !known.includes(interrupt))];
};

const commandOf = (command: unknown): unknown => {
  const plain = toPlainValue(command);
  return isRecord(plain) ? { ...plain, graph: "PARENT" } : plain;
};

/** What a model had said before the rest did not come. */
const recordSaid = (run: Run, span: LiveSpan, text: string, partialOutput?: unknown): void => {
  recordPartialAnswer(span, partialOutput, text);
  const bytesLost = run.allowance?.bytesLost ?? 0;
  if (bytesLost > 0) span.setAttribute("tracelake.stream.lost_bytes", bytesLost);
};

/** How a run is recorded that ended with an error, by what the error means. */
const recordEnding = (run: Run, span: LiveSpan, error: unknown, ending: Ending): void => {
  switch (ending.kind) {
    case "failed":
      span.recordException(error);
      if (run.text !== undefined) recordSaid(run, span, run.text);
      break;
    case "cancelled":
      span.addEvent("cancelled", { reason: isRecord(error) ? (nonEmptyText(error["message"]) ?? "") : "" });
      span.setAttribute("langchain.cancelled", true);
      recordSaid(run, span, run.text ?? "", ending.partialOutput);
      break;
    case "interrupt":
      span.setOutputs({ __interrupt__: ending.interrupts });
      span.addEvent("interrupt", { interrupts: ending.interrupts });
      break;
    case "parent_command":
      span.setOutputs(commandOf(ending.command));
      span.addEvent("parent_command", { command: commandOf(ending.command) });
      break;
    case "drained":
      span.addEvent("drained");
      break;
  }
};

/** Ends a run with what it threw. */
export const failRun = (runId: unknown, error: unknown, details: EndDetails = {}): void => {
  const run = findRun(runId);
  if (run === undefined) return;
  const ending = safely<Ending>(() => readEnding(error), { kind: "failed" });
  if (ending.kind === "interrupt" && run.parent !== undefined) noteInterrupts(run.parent, ending.interrupts);
  close(run, (span) => {
    if (details.inputs !== undefined && !run.isNode && span.isRecording) {
      safely(() => span.setInputs(toPlainValue(processed(run.processInputs, details.inputs))), undefined);
    }
    safely(() => recordEnding(run, span, error, ending), undefined);
    span.end();
  });
};

const recordLeft = (run: Run, span: LiveSpan, text: string): void => {
  const isModel = run.kind === "chat_model" || run.kind === "llm";
  if (isModel) recordSaid(run, span, text);
  else if (text !== "" && run.openChildren !== undefined) span.setOutputs(text);
};

/**
 * Ends a run that nobody will end, and what is open below it, at the time it was last heard of.
 *
 * @returns what models said in it.
 */
export const leaveRun = (run: Run): string => {
  if (run.isOver) return "";
  const texts = Array.from(run.openChildren ?? [], leaveRun);
  const text = [run.text ?? "", ...texts].join("");
  const endTime = run.lastSeenMillis;
  const recordEnd = (span: LiveSpan): void => {
    safely(() => recordLeft(run, span, text), undefined);
    span.setAttribute("tracelake.stream.left_early", true);
    span.end({ endTime });
  };
  close(run, recordEnd, endTime);
  return text;
};

onLeft(leaveRun);

/** Notes that a graph stopped to ask: with the payloads that LangGraph tells, or with none for a fixed stop. */
export const interruptRun = (runId: unknown, interrupts: unknown): void => {
  const run = findRun(runId);
  if (run !== undefined) run.interrupts ??= Array.isArray(interrupts) ? (interrupts as readonly JsonRecord[]) : [];
};
