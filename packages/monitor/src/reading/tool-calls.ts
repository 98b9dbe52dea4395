import { SpanAttributeKey, SpanType, type JsonValue } from "@tracelake/wire";
import { byStart, type Trace, type TraceSpan } from "@tracelake/workspace-client";
import { jsonText } from "./chat-text.ts";
import { isList, isObject } from "./json-kinds.ts";
import { oneLine } from "./one-line.ts";

/** A tool that an agent called, or should have called. */
export interface ToolCall {
  readonly name: string;
  readonly arguments: JsonValue | undefined;
  readonly outputs?: JsonValue | undefined;
  /** `Type: message` of what the tool threw. */
  readonly exception?: string | undefined;
}

const exceptionOf = (span: TraceSpan): string | undefined => {
  const event = span.events.find(({ name }) => name === "exception");
  if (event === undefined) return undefined;
  const type = event.attributes["exception.type"];
  const message = event.attributes["exception.message"];
  const typeText = typeof type === "string" && type !== "" ? type : "Exception";
  return typeof message === "string" && message !== "" ? `${typeText}: ${message}` : typeText;
};

// Some agents wrap a tool, and say in the inputs which one it is.
const nameOf = (span: TraceSpan): string => {
  const call = isObject(span.inputs) ? span.inputs["call"] : undefined;
  const name = isObject(call) ? call["tool_name"] : undefined;
  return typeof name === "string" ? name : span.name;
};

/** The tools that were called in a trace, in the order in which they started: its spans of type `TOOL`. */
export const toolCallsOf = (trace: Trace): ToolCall[] =>
  trace.spans
    .filter((span) => span.type === SpanType.TOOL)
    .toSorted(byStart)
    .map((span) => ({
      name: nameOf(span),
      arguments: span.inputs,
      outputs: span.outputs,
      exception: exceptionOf(span),
    }));

const modelSpans: ReadonlySet<string> = new Set([SpanType.LLM, SpanType.CHAT_MODEL]);

const toolsOfSpan = (span: TraceSpan): readonly JsonValue[] => {
  const named = span.attributes[SpanAttributeKey.CHAT_TOOLS];
  const tools = named ?? (isObject(span.inputs) ? span.inputs["tools"] : undefined);
  return isList(tools) ? tools : [];
};

/** The tools that a trace's models were offered, each once, as JSON text: their definitions as OpenAI writes them. */
export const availableToolsOf = (trace: Trace): string[] => {
  const functions = trace.spans
    .filter((span) => modelSpans.has(span.type))
    .flatMap(toolsOfSpan)
    .map((tool) => (isObject(tool) ? tool["function"] : undefined))
    .filter((definition) => definition !== undefined && definition !== null);
  return [...new Set(functions.map(jsonText))];
};

/** Calls as judges read them, numbered from 1. */
export const toolCallsText = (calls: readonly ToolCall[]): string =>
  calls
    .map((call, index) =>
      [
        `${index + 1}. ${oneLine(call.name)}`,
        ...(call.arguments === undefined ? [] : [`   arguments: ${jsonText(call.arguments)}`]),
        ...(call.outputs === undefined ? [] : [`   outputs: ${jsonText(call.outputs)}`]),
        ...(call.exception === undefined ? [] : [`   threw: ${oneLine(call.exception)}`]),
      ].join("\n"),
    )
    .join("\n");
