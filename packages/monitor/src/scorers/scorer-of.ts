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

const judgeOf = ({ model, rest }: BuiltinRecord | InstructionsRecord): Judge => {
  const parameters = rest?.["inference_params"];
  return { model, ...(isObject(parameters) ? { parameters } : {}) };
};

const isBuiltinClass = (className: string): className is BuiltinClass => Object.hasOwn(builtinJudges, className);

/**
 * The scorer that a record describes, ready to run and without a life cycle. Never throws: where the record's scorer
 * cannot run here, as it is code of another process or of another client, scoring with it is a `failed` that says so.
 */
export const scorerOf = (record: ScorerRecord): ScorerCore => {
  const name = quoteForMessage(record.name);
  switch (record.type) {
    case "builtin": {
      const { className } = record;
      if (!isBuiltinClass(className)) {
        return failing(
          record,
          `The scorer ${name} is of the class ${quoteForMessage(className)}, which is not known here.`,
        );
      }
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
        `The scorer ${name} is code, which only the program that defines it can run: hand the scorer itself over.`,
      );
    default:
      return failing(record, `The scorer ${name} was registered by another client, and only that client can run it.`);
  }
};
