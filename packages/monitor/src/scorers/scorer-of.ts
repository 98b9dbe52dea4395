import { quoteForMessage } from "@tracelake/wire";
import type { Judge } from "../judging/ask-judge.ts";
import { isObject } from "../reading/json-kinds.ts";
import type { BuiltinRecord, InstructionsRecord, ScorerRecord } from "../scorer-record.ts";
import type { ScorerCore, ScoringOutcome } from "../scorer.ts";
import type { BuiltinClass } from "./builtin-classes.ts";
import { builtinJudges } from "./builtin-judges.ts";
import { guardScoring } from "./guard-scoring.ts";
import { judgeByInstructions } from "./instructions-judge.ts";

const failing = (record: ScorerRecord, message: string): ScorerCore => ({
  name: record.name,
  record,
  score: async () =>
    Promise.resolve<ScoringOutcome>({ type: "failed", error: { code: "SCORER_NOT_RUNNABLE", message } }),
});

type JudgeRecord = BuiltinRecord | InstructionsRecord;

const judgeOf = ({ model, rest }: JudgeRecord): Judge => {
  const parameters = rest?.["inference_params"];
  return { model, ...(isObject(parameters) ? { parameters } : {}) };
};

/** Whether the scorer of a record asks a judge model, about some of its traces at least. */
export const asksJudge = (record: ScorerRecord): record is JudgeRecord =>
  record.type === "instructions" ||
  // Exact comparison is code.
  (record.type === "builtin" &&
    !(record.className === "ToolCallCorrectness" && record.rest?.["should_exact_match"] === true));

const isBuiltinClass = (className: string): className is BuiltinClass => Object.hasOwn(builtinJudges, className);

/** Why only the client that registered a scorer can run it; `undefined` where it is one of ours. */
export const foreignReason = (record: ScorerRecord): string | undefined => {
  if (record.type === "foreign") return "it was registered by another client, and only that client can run it";
  if (record.type !== "builtin" || isBuiltinClass(record.className)) return undefined;
  return `it is of the class ${quoteForMessage(record.className)}, which is not known here`;
};

/**
 * The scorer that a record describes, ready to run and without a life cycle. Never throws: where the record's scorer
 * cannot run here, as it is code of another process or of another client, scoring with it is a `failed` that says so.
 */
export const scorerOf = (record: ScorerRecord): ScorerCore => {
  const name = `The scorer ${quoteForMessage(record.name)}`;
  switch (record.type) {
    case "builtin": {
      const { className } = record;
      if (!isBuiltinClass(className)) return failing(record, `${name} cannot run here: ${foreignReason(record)}.`);
      const judge = judgeOf(record);
      const score: ScorerCore["score"] = async (input, context) =>
        guardScoring(async () => builtinJudges[className]({ input, context, judge }, record));
      return { name: record.name, record, score };
    }
    case "instructions": {
      const judge = judgeOf(record);
      const score: ScorerCore["score"] = async (input, context) =>
        guardScoring(async () => judgeByInstructions({ input, context, judge }, record));
      return { name: record.name, record, score };
    }
    case "code":
      return failing(
        record,
        `${name} is code, which only the program that defines it can run: hand the scorer itself over.`,
      );
    default:
      return failing(record, `${name} cannot run here: ${foreignReason(record)}.`);
  }
};
