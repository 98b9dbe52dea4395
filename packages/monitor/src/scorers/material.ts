import type { JsonValue } from "@tracelake/wire";
import type { Section } from "../judging/prompt.ts";
import { jsonText, requestText, responseText } from "../reading/chat-text.ts";
import { conversationOf, type ConversationOptions } from "../reading/conversation.ts";
import { expectationsOf } from "../reading/expectations.ts";
import { isList } from "../reading/json-kinds.ts";
import { rootSpanOf } from "../reading/root-span.ts";
import { availableToolsOf, toolCallsOf, toolCallsText } from "../reading/tool-calls.ts";
import type { ScoringInput } from "../scorer.ts";

/** What was asked, as it is. */
export const inputsOf = ({ inputs, trace }: ScoringInput): JsonValue | undefined =>
  inputs ?? (trace && rootSpanOf(trace)?.inputs) ?? undefined;

/** What was answered, as it is. */
export const outputsOf = ({ outputs, trace }: ScoringInput): JsonValue | undefined =>
  outputs ?? (trace && rootSpanOf(trace)?.outputs) ?? undefined;

const expected = (input: ScoringInput, name: string): JsonValue | undefined => {
  const expectations = expectationsOf(input) ?? {};
  return (Object.hasOwn(expectations, name) ? expectations[name] : undefined) ?? undefined;
};

/** A text, or a list of them with a bullet before each. */
export const listText = (value: JsonValue): string =>
  isList(value)
    ? value.map((item) => `- ${typeof item === "string" ? item : jsonText(item)}`).join("\n")
    : typeof value === "string"
      ? value
      : jsonText(value);

export const textOf = <T>(value: T | undefined, text: (value: T) => string): string | undefined =>
  value === undefined ? undefined : text(value);

const groundTruth = (input: ScoringInput): string | undefined => {
  const found = [expected(input, "expected_response"), expected(input, "expected_facts")].filter(
    (value) => value !== undefined && !(isList(value) && value.length === 0),
  );
  return found.length === 0 ? undefined : found.map((value) => listText(value ?? null)).join("\n");
};

// One JSON object a line: a message that is written like the other side's stays a text within its own.
const conversation = (input: ScoringInput, options?: ConversationOptions): string | undefined => {
  const messages = conversationOf(input.session ?? [], options);
  return messages.length === 0 ? undefined : messages.map((message) => jsonText({ ...message })).join("\n");
};

const toolCalls = ({ trace }: ScoringInput): string | undefined => {
  const calls = trace === undefined ? [] : toolCallsOf(trace);
  return calls.length === 0 ? undefined : toolCallsText(calls);
};

interface Material {
  /** Its tag. */
  readonly name: string;
  /** What a person would have to add where it is missing. */
  readonly missing: string;
  readonly read: (input: ScoringInput) => string | undefined;
}

/** Everything that a judge can be given. */
export const materials = {
  request: {
    name: "request",
    missing: "inputs (of the row or of the trace's root span)",
    read: (input) => textOf(inputsOf(input), requestText),
  },
  response: {
    name: "response",
    missing: "outputs (of the row or of the trace's root span)",
    read: (input) => textOf(outputsOf(input), responseText),
  },
  groundTruth: {
    name: "expected",
    missing: "an expectation `expected_facts` or `expected_response`",
    read: groundTruth,
  },
  expectedResponse: {
    name: "expected_response",
    missing: "an expectation `expected_response`",
    read: (input) => textOf(expected(input, "expected_response"), responseText),
  },
  rowGuidelines: {
    name: "guidelines",
    missing: "an expectation `guidelines`",
    read: (input) => textOf(expected(input, "guidelines"), listText) || undefined,
  },
  toolCalls: { name: "tool_calls", missing: "a span of type TOOL", read: toolCalls },
  expectedToolCalls: {
    name: "expected_tool_calls",
    missing: "an expectation `expected_tool_calls`",
    read: (input) => textOf(expected(input, "expected_tool_calls"), listText) || undefined,
  },
  availableTools: {
    name: "available_tools",
    missing: "a span of a chat model with its tools",
    read: ({ trace }) => (trace === undefined ? [] : availableToolsOf(trace)).join("\n") || undefined,
  },
  conversation: { name: "conversation", missing: "a session with a message", read: (input) => conversation(input) },
  conversationWithTools: {
    name: "conversation",
    missing: "a session with a span of type TOOL",
    read: (input) =>
      (input.session ?? []).some((trace) => toolCallsOf(trace).length > 0)
        ? conversation(input, { withToolCalls: true })
        : undefined,
  },
} as const satisfies Readonly<Record<string, Material>>;

export type MaterialKey = keyof typeof materials;

/** What was found of what a judge needs, or what is missing. */
export type Gathered =
  | { readonly isComplete: true; readonly sections: readonly Section[] }
  | { readonly isComplete: false; readonly missing: readonly string[] };

/** Reads what a judge needs, and what it also takes where it is there. */
export const gather = (
  input: ScoringInput,
  needed: readonly MaterialKey[],
  welcome: readonly MaterialKey[] = [],
): Gathered => {
  const found = [...needed, ...welcome].map((key) => ({
    key,
    material: materials[key],
    text: materials[key].read(input),
  }));
  const missing = found.filter(({ key, text }) => text === undefined && needed.includes(key));
  if (missing.length > 0) return { isComplete: false, missing: missing.map(({ material }) => material.missing) };
  return {
    isComplete: true,
    sections: found.flatMap(({ material, text }) => (text === undefined ? [] : [{ name: material.name, text }])),
  };
};
