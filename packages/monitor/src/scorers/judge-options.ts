import type { JsonValue } from "@tracelake/wire";
import type { BuiltinRecord } from "../scorer-record.ts";

/** What every judge can be told. */
export interface JudgeOptions {
  /** Under which its feedback is written. Default: MLflow's own name of the scorer, such as `safety`. */
  readonly name?: string;
  readonly description?: string;
  /** `databricks:/<endpoint>` or `openai:/<model>`. Default: the judge of the surroundings it runs in. */
  readonly model?: string;
  /** What the model is told beside the question, by its endpoint's own names, such as `{ temperature: 0 }`. */
  readonly inferenceParams?: Readonly<Record<string, JsonValue>>;
}

/** A record's `rest`, with the parameters of the model. */
export const withParameters = (
  rest: NonNullable<BuiltinRecord["rest"]>,
  { inferenceParams }: JudgeOptions,
): Pick<BuiltinRecord, "rest"> => {
  const all = { ...rest, ...(inferenceParams === undefined ? {} : { inference_params: inferenceParams }) };
  return Object.keys(all).length === 0 ? {} : { rest: all };
};
