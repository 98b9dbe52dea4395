import { AssessmentMetadataKey } from "@tracelake/wire";
import { askJudge, feedbackOf } from "../judging/ask-judge.ts";
import { jsonText } from "../reading/chat-text.ts";
import { expectationsOf } from "../reading/expectations.ts";
import { traceText } from "../reading/trace-text.ts";
import type { InstructionsRecord } from "../scorer-record.ts";
import type { ScoringInput, ScoringOutcome } from "../scorer.ts";
import { assertDefinition, variablesOf, withTags, type InstructionVariable } from "./instructions.ts";
import { scored, skipped, type Scoring } from "./judge-once.ts";
import { inputsOf, materials, outputsOf, textOf } from "./material.ts";

const readers: Readonly<Record<InstructionVariable, (input: ScoringInput) => string | undefined>> = {
  inputs: (input) => textOf(inputsOf(input), jsonText),
  outputs: (input) => textOf(outputsOf(input), jsonText),
  expectations: (input) => textOf(expectationsOf(input), jsonText),
  trace: ({ trace }) => textOf(trace, traceText),
  conversation: materials.conversation.read,
};

const missingNames: Readonly<Record<InstructionVariable, string>> = {
  inputs: materials.request.missing,
  outputs: materials.response.missing,
  expectations: "expectations",
  trace: "a trace",
  conversation: materials.conversation.missing,
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
