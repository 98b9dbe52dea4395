import { z } from "zod";
import { spaceJson } from "../mlflow-text.ts";
import { stringifyJson, type JsonValue } from "../otlp/any-value.ts";
import { parseJson } from "../parse-json.ts";

const jsonSchema: z.ZodType<JsonValue> = z.lazy(() =>
  z.union([
    z.string(),
    z.number(),
    z.bigint(),
    z.boolean(),
    z.null(),
    z.array(jsonSchema),
    z.record(z.string(), jsonSchema),
  ]),
);

const dataSchema = z.record(z.string(), jsonSchema);

/** Each scorer is of one family; these say which. */
const familyKeys = [
  "builtin_scorer_class",
  "call_source",
  "instructions_judge_pydantic_data",
  "memory_augmented_judge_data",
  "third_party_scorer_data",
  "ensemble_scorer_data",
] as const;

/**
 * A scorer as MLflow writes it down, which is the JSON text in `serialized_scorer`. Clients before 3.12 refuse keys that
 * they do not know, and all of them take an absent key for `null`.
 *
 * @see https://github.com/mlflow/mlflow/blob/master/mlflow/genai/scorers/base.py
 */
const serializedScorerSchema = z
  .looseObject({
    name: z.string(),
    aggregations: z.array(z.string()).nullish(),
    description: z.string().nullish(),
    is_session_level_scorer: z.boolean().default(false),
    /** Seconds; 0 for no limit, `null` for the client's own. */
    timeout: z.number().nullish(),
    mlflow_version: z.string().nullish(),
    serialization_version: z.int().nullish(),
    builtin_scorer_class: z.string().nullish(),
    builtin_scorer_pydantic_data: dataSchema.nullish(),
    /** The body of a Python function, its signature and its name. */
    call_source: z.string().nullish(),
    call_signature: z.string().nullish(),
    original_func_name: z.string().nullish(),
    instructions_judge_pydantic_data: dataSchema.nullish(),
    memory_augmented_judge_data: dataSchema.nullish(),
    third_party_scorer_data: dataSchema.nullish(),
    ensemble_scorer_data: dataSchema.nullish(),
  })
  .refine((scorer) => familyKeys.filter((key) => (scorer[key] ?? null) !== null).length === 1, {
    error: `exactly one of ${familyKeys.join(", ")} has to be set`,
  });

/** The object in MLflow's serialised form of a scorer, as {@link readSerializedScorer} reads it. */
export type SerializedScorer = z.infer<typeof serializedScorerSchema>;

/** Reads what MLflow has written of a scorer; `undefined` where the text is nothing of the kind. */
export const readSerializedScorer = (text: string): SerializedScorer | undefined => {
  try {
    return serializedScorerSchema.safeParse(parseJson(text)).data;
  } catch {
    return undefined;
  }
};

const escapeBeyondAscii = (text: string): string =>
  text.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** A scorer's object as the text that MLflow's Python client makes of it: spaced, and without a character beyond ASCII. */
export const writeSerializedScorer = (scorer: Readonly<Record<string, JsonValue>>): string =>
  escapeBeyondAscii(spaceJson(stringifyJson(scorer), Number.POSITIVE_INFINITY));
