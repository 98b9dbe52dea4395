import { AssessmentMetadataKey } from "@tracelake/wire";
import { askJudge, feedbackOf } from "../judging/ask-judge.ts";
import { jsonText } from "../reading/chat-text.ts";
import { conversationOf } from "../reading/conversation.ts";
import { expectationsOf } from "../reading/expectations.ts";
import { traceText } from "../reading/trace-text.ts";
import type { InstructionsRecord } from "../scorer-record.ts";
import type { ScoringInput, ScoringOutcome } from "../scorer.ts";
import { assertDefinition, variablesOf, withTags, type InstructionVariable } from "./instructions.ts";
import { scored, skipped, type Scoring } from "./judge-once.ts";
import { inputsOf, outputsOf } from "./material.ts";

const readers: Readonly<Record<InstructionVariable, (input: ScoringInput) => string | undefined>> = {
  inputs: (input) => textOrUndefined(inputsOf(input), jsonText),
  outputs: (input) => textOrUndefined(outputsOf(input), jsonText),
  expectations: (input) => textOrUndefined(expectationsOf(input), jsonText),
  trace: ({ trace }) => textOrUndefined(trace, traceText),
  conversation: ({ session = [] }) =>
    conversationOf(session)
      .map(({ role, content }) => `[${role}]\n${content}`)
      .join("\n\n") || undefined,
};

const textOrUndefined = <T>(value: T | undefined, text: (value: T) => string): string | undefined =>
  value === undefined ? undefined : text(value);

const missingNames: Readonly<Record<InstructionVariable, string>> = {
  inputs: "inputs (of the row or of the trace's root span)",
  outputs: "outputs (of the row or of the trace's root span)",
  expectations: "expectations",
  trace: "a trace",
  conversation: "a session with a message",
};

/** Judges by a record's own instructions. @throws what `askJudge` throws, and where the definition cannot be used. */
export const judgeByInstructions = async (
  { input, context, judge }: Scoring,
  record: InstructionsRecord,
): Promise<ScoringOutcome> => {
  assertDefinition(record);
  const { instructions, feedbackValueType = { type: "string" } } = record;
  const read = variablesOf(instructions).map((name) => ({ name, text: readers[name](input) }));
  const missing = read.filter(({ text }) => text === undefined).map(({ name }) => missingNames[name]);
  if (missing.length > 0) return skipped(...missing);
  const question = {
    criterion: withTags(instructions),
    sections: read.map(({ name, text = "" }) => ({ name, text })),
    valueSchema: feedbackValueType,
  };
  const metadata = { [AssessmentMetadataKey.GUIDELINE]: instructions };
  return scored(feedbackOf(await askJudge(question, judge, context), { metadata }));
};
