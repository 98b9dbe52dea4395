import { AssessmentSourceType, type JsonValue } from "@tracelake/wire";
import type { Feedback } from "../feedback.ts";
import { jsonText } from "../reading/chat-text.ts";
import { expectationsOf } from "../reading/expectations.ts";
import { isList, isObject } from "../reading/json-kinds.ts";
import { toolCallsOf, type ToolCall } from "../reading/tool-calls.ts";
import type { ScoringInput, ScoringOutcome } from "../scorer.ts";
import { criteria } from "./criteria.ts";
import { judgeOnce, scored, skipped, type Scoring } from "./judge-once.ts";
import { materials } from "./material.ts";

/** How tool calls are held against those that were expected. */
export interface ToolCallComparison {
  readonly name: string;
  /** By code, without a judge. */
  readonly isExact: boolean;
  readonly isOrdered: boolean;
}

const expectedCalls = (input: ScoringInput): readonly ToolCall[] | undefined => {
  const calls = expectationsOf(input)?.["expected_tool_calls"];
  if (!isList(calls) || calls.length === 0) return undefined;
  return calls.filter(isObject).map(({ name, arguments: given }) => ({
    name: typeof name === "string" ? name : "",
    arguments: given ?? undefined,
  }));
};

// The order in which arguments are written says nothing.
const sorted = (value: JsonValue): JsonValue => {
  if (isList(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
};

const difference = (actual: readonly string[], wanted: readonly string[], isOrdered: boolean): string | undefined => {
  if (actual.length !== wanted.length) return `Expected ${wanted.length} calls, but there were ${actual.length}.`;
  const [a, b] = isOrdered ? [actual, wanted] : [actual.toSorted(), wanted.toSorted()];
  const index = a.findIndex((call, position) => call !== b[position]);
  if (index < 0) return undefined;
  if (isOrdered) return `Call ${index + 1}: expected ${b[index]}, but it was ${a[index]}.`;
  const left = wanted.filter((call) => !actual.includes(call));
  const added = actual.filter((call) => !wanted.includes(call));
  return `Missing: ${left.join(", ") || "a repetition"}. Not expected: ${added.join(", ") || "a repetition"}.`;
};

const compare = (
  actual: readonly ToolCall[],
  wanted: readonly ToolCall[],
  { name, isOrdered }: ToolCallComparison,
): Feedback => {
  const withArguments = wanted.every((call) => call.arguments !== undefined);
  const text = (call: ToolCall): string =>
    withArguments ? `${call.name}(${jsonText(sorted(call.arguments ?? {}))})` : call.name;
  const found = difference(actual.map(text), wanted.map(text), isOrdered);
  return {
    value: found === undefined ? "yes" : "no",
    rationale: found ?? "The calls are those that were expected.",
    source: { type: AssessmentSourceType.CODE, id: name },
  };
};

/** Whether the right tools were called: held against the expected calls where there are any, else judged by the request. */
export const judgeToolCalls = async (scoring: Scoring, comparison: ToolCallComparison): Promise<ScoringOutcome> => {
  const { input } = scoring;
  const { trace } = input;
  if (trace === undefined) return skipped("a trace");
  const wanted = expectedCalls(input);
  if (comparison.isExact) {
    if (wanted === undefined) return skipped(materials.expectedToolCalls.missing);
    return scored(compare(toolCallsOf(trace), wanted, comparison));
  }
  const order = comparison.isOrdered ? " The order of the calls matters too." : "";
  const isNoneCalled = toolCallsOf(trace).length === 0;
  const noneCalled = isNoneCalled ? [{ name: "tool_calls", text: "(no tool was called)" }] : [];
  if (wanted !== undefined) {
    return judgeOnce(scoring, {
      criterion: criteria.ToolCallCorrectnessExpected + order,
      needs: ["request", "expectedToolCalls"],
      welcomes: ["toolCalls"],
      sections: noneCalled,
    });
  }
  // Without calls and without knowing which tools there were, nothing can be right or wrong.
  const isToolKnown = materials.availableTools.read(input) !== undefined;
  return judgeOnce(scoring, {
    criterion: criteria.ToolCallCorrectness + order,
    needs: isNoneCalled && isToolKnown ? ["request"] : ["request", "toolCalls"],
    welcomes: ["availableTools"],
    sections: isToolKnown ? noneCalled : [],
  });
};
