import type { JsonValue } from "@tracelake/wire";
import { withLifeCycle, type Scorer } from "../life-cycle.ts";
import { withParameters, type JudgeOptions } from "./judge-options.ts";
import { assertDefinition, variablesOf } from "./instructions.ts";
import { scorerOf } from "./scorer-of.ts";

/** What a judge's value is: the kind of a plain value, the words it may be, or a JSON Schema. */
export type FeedbackValueType =
  | "string"
  | "boolean"
  | "number"
  | "integer"
  | readonly string[]
  | Readonly<Record<string, JsonValue>>;

/** A judge that is its instructions. */
export interface MakeJudgeOptions extends JudgeOptions {
  readonly name: string;
  /**
   * What to judge and how, with at least one of `{{ inputs }}`, `{{ outputs }}`, `{{ expectations }}`, `{{ trace }}` and
   * `{{ conversation }}` where it stands. A judge of a `{{ conversation }}` reads sessions, and beside it only
   * `{{ expectations }}`. A `{{ trace }}` is given whole, as the tree of its spans, shortened beyond 120,000 characters.
   */
  readonly instructions: string;
  /** Such as `"boolean"` or `["good", "fair", "poor"]`. Default `"string"`. */
  readonly feedbackValueType?: FeedbackValueType;
}

const isWords = (type: FeedbackValueType): type is readonly string[] => Array.isArray(type);

// MLflow's own client writes the title, and reads schemas with and without it.
const schemaOf = (type: FeedbackValueType): Readonly<Record<string, JsonValue>> => {
  if (typeof type === "string") return { title: "Result", type };
  if (isWords(type)) return { enum: type, title: "Result", type: "string" };
  return type;
};

/**
 * A judge of your own instructions.
 *
 * @see https://mlflow.org/docs/latest/genai/eval-monitor/scorers/llm-judge/make-judge/
 * @throws {TracelakeError} `CONFIG_OPTION_INVALID` for instructions without a variable or with an unknown one, and for a
 * `feedbackValueType` that cannot be read.
 */
export const makeJudge = (options: MakeJudgeOptions): Scorer => {
  const { name, description, model, instructions, feedbackValueType } = options;
  const record = {
    type: "instructions" as const,
    name,
    instructions,
    ...(description === undefined ? {} : { description }),
    ...(model === undefined ? {} : { model }),
    ...(feedbackValueType === undefined ? {} : { feedbackValueType: schemaOf(feedbackValueType) }),
    ...withParameters({}, options),
  };
  assertDefinition(record);
  return withLifeCycle(scorerOf({ ...record, isSessionLevel: variablesOf(instructions).includes("conversation") }));
};
