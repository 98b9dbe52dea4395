import type { JsonValue } from "@tracelake/wire";
import type { Trace } from "@tracelake/workspace-client";
import { requestText, responseText } from "./chat-text.ts";
import { rootSpanOf } from "./root-span.ts";
import { toolCallsOf, toolCallsText } from "./tool-calls.ts";

/** What one side said in a conversation. */
export interface ConversationMessage {
  readonly role: "user" | "assistant" | "tool";
  readonly content: string;
}

/** What of a conversation is read. */
export interface ConversationOptions {
  /** Whether the tools that were called stand between a request and its answer. Default `false`. */
  readonly withToolCalls?: boolean;
}

/** A session's traces by the time of their requests; those without a time first. */
export const inOrder = (session: readonly Trace[]): Trace[] =>
  session.toSorted((a, b) => (a.info.requestTime?.getTime() ?? 0) - (b.info.requestTime?.getTime() ?? 0));

const message = (
  role: "user" | "assistant",
  value: JsonValue | undefined,
  textOf: (value: JsonValue) => string,
): ConversationMessage[] => {
  const content = value === undefined || value === null ? "" : textOf(value);
  return content.trim() === "" ? [] : [{ role, content }];
};

/** The conversation that a session's traces recorded: what each was asked and what it answered, oldest first. */
export const conversationOf = (
  session: readonly Trace[],
  { withToolCalls = false }: ConversationOptions = {},
): ConversationMessage[] =>
  inOrder(session).flatMap((trace) => {
    const root = rootSpanOf(trace);
    const tools = withToolCalls ? toolCallsOf(trace) : [];
    return [
      ...message("user", root?.inputs, requestText),
      ...(tools.length === 0 ? [] : [{ role: "tool" as const, content: toolCallsText(tools) }]),
      ...message("assistant", root?.outputs, responseText),
    ];
  });
