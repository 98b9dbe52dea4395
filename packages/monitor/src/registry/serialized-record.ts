import { parseJson, type JsonValue } from "@tracelake/wire";
import { readSerializedScorer, writeSerializedScorer } from "@tracelake/wire/schemas";
import { isObject, type JsonObject } from "../reading/json-kinds.ts";
import type { BuiltinRecord, ForeignRecord, InstructionsRecord, ScorerRecord } from "../scorer-record.ts";
import { builtinData } from "./builtin-data.ts";

type JudgedRecord = BuiltinRecord | InstructionsRecord;
type RecordFields = Pick<ScorerRecord, "name" | "description" | "isSessionLevel">;

/** The release of MLflow whose form this is; its newer releases and those since 3.6 read it, too. */
const formVersion = "3.17.2";

/** What MLflow calls the judge that a Databricks workspace chooses itself, where a model has to be named. */
const workspaceJudge = "databricks";

/** How pydantic names the value's type. */
const valueTitle = "Result";

const textOf = (value: JsonValue | undefined): string | undefined => (typeof value === "string" ? value : undefined);

/** The value's type as MLflow writes it: with a title, its keys in the order of the alphabet. */
const valueTypeOf = ({ feedbackValueType = { type: "string" } }: InstructionsRecord): JsonObject =>
  Object.fromEntries(
    Object.entries({ title: valueTitle, ...feedbackValueType }).sort(([one], [other]) => (one < other ? -1 : 1)),
  );

const readValueType = (value: JsonValue | undefined): JsonObject | undefined => {
  if (!isObject(value)) return undefined;
  const { title, ...rest } = value;
  const type = title === valueTitle ? rest : value;
  return Object.keys(type).length === 1 && type["type"] === "string" ? undefined : type;
};

const averaged: ReadonlySet<JsonValue | undefined> = new Set(["boolean", "integer", "number"]);

/** How a judge's values are summed up: numbers and truths by their mean, anything else not at all. */
const aggregationsOf = ({ feedbackValueType }: InstructionsRecord): JsonValue =>
  averaged.has(feedbackValueType?.["type"]) && feedbackValueType?.["enum"] === undefined ? ["mean"] : [];

/** MLflow's classes have descriptions of their own, and most of them refuse none. */
const described = (description: string | undefined): JsonObject => (description === undefined ? {} : { description });

const builtinDataOf = (record: BuiltinRecord): JsonObject => {
  const { className, name, description, model = null, guidelines } = record;
  const known = builtinData.get(className);
  return {
    name,
    aggregations: null,
    ...described(description),
    required_columns: known?.requiredColumns ?? [],
    inference_params: null,
    ...(guidelines === undefined ? {} : { guidelines }),
    model,
    instructions: known?.instructions ?? "",
    ...record.rest,
  };
};

const instructionsDataOf = (record: InstructionsRecord): JsonObject => ({
  instructions: record.instructions,
  model: record.model ?? workspaceJudge,
  feedback_value_type: valueTypeOf(record),
  ...record.rest,
});

// Keys that clients before 3.12 do not know are left out: those clients refuse them, and all read an absent key as null.
const freshObject = (record: JudgedRecord): JsonObject => {
  const isBuiltin = record.type === "builtin";
  return {
    name: record.name,
    aggregations: isBuiltin ? null : aggregationsOf(record),
    description: record.description ?? null,
    is_session_level_scorer: record.isSessionLevel,
    mlflow_version: formVersion,
    serialization_version: 1,
    builtin_scorer_class: isBuiltin ? record.className : null,
    builtin_scorer_pydantic_data: isBuiltin ? builtinDataOf(record) : null,
    call_source: null,
    call_signature: null,
    original_func_name: null,
    instructions_judge_pydantic_data: isBuiltin ? null : instructionsDataOf(record),
  };
};

const sameGuidelines = (written: JsonValue | undefined, guidelines: readonly string[]): boolean =>
  JSON.stringify([written ?? []].flat()) === JSON.stringify(guidelines);

/** What a record says of itself in the data of its family. */
const ownData = (record: JudgedRecord, written: JsonObject): JsonObject => {
  if (record.type === "instructions") {
    return { ...record.rest, instructions: record.instructions, model: record.model ?? workspaceJudge };
  }
  const { name, description, model = null, guidelines } = record;
  const isNew = guidelines !== undefined && !sameGuidelines(written["guidelines"], guidelines);
  return { ...record.rest, name, ...described(description), model, ...(isNew ? { guidelines } : {}) };
};

const familyKey = ({ type }: JudgedRecord): string =>
  type === "builtin" ? "builtin_scorer_pydantic_data" : "instructions_judge_pydantic_data";

/** What another client wrote, and in it what the record says now. */
const changedObject = (record: JudgedRecord, before: JsonObject): JsonObject => {
  const key = familyKey(record);
  const written = isObject(before[key]) ? before[key] : {};
  const { name, description = null } = record;
  return { ...before, name, description, [key]: { ...written, ...ownData(record, written) } };
};

/** A text of another client, which stays as it is unless the scorer is kept under another name. */
const foreignText = ({ name, serialized }: ForeignRecord): string => {
  const written = readSerializedScorer(serialized)?.name ?? name;
  const object = written === name ? undefined : parseJson(serialized);
  if (!isObject(object)) return serialized;
  const { builtin_scorer_pydantic_data: data } = object;
  return writeSerializedScorer({
    ...object,
    name,
    ...(isObject(data) ? { builtin_scorer_pydantic_data: { ...data, name } } : {}),
  });
};

/**
 * The text that a record is kept as, which MLflow's clients read; `undefined` where it is TypeScript code, for which they
 * have no form.
 *
 * @see https://github.com/mlflow/mlflow/blob/master/mlflow/genai/scorers/base.py
 */
export const serializeRecord = (record: ScorerRecord): string | undefined => {
  switch (record.type) {
    case "code":
      return undefined;
    case "foreign":
      return foreignText(record);
    default: {
      const before = record.serialized === undefined ? undefined : parseJson(record.serialized);
      return writeSerializedScorer(isObject(before) ? changedObject(record, before) : freshObject(record));
    }
  }
};

const restOf = (data: JsonObject): { readonly rest?: JsonObject } =>
  Object.keys(data).length === 0 ? {} : { rest: data };

const readBuiltin = (fields: RecordFields, className: string, data: JsonObject): BuiltinRecord => {
  const { name: _name, description: _description, model, guidelines, ...rest } = data;
  const modelText = textOf(model);
  return {
    ...fields,
    type: "builtin",
    className,
    ...(modelText === undefined ? {} : { model: modelText }),
    ...(guidelines === undefined || guidelines === null ? {} : { guidelines: [guidelines].flat().map(String) }),
    ...restOf(rest),
  };
};

const readInstructions = (fields: RecordFields, data: JsonObject): InstructionsRecord => {
  const { instructions, model, feedback_value_type: valueType, ...rest } = data;
  const modelText = textOf(model);
  const feedbackValueType = readValueType(valueType);
  return {
    ...fields,
    type: "instructions",
    instructions: textOf(instructions) ?? "",
    ...(modelText === undefined || modelText === workspaceJudge ? {} : { model: modelText }),
    ...(feedbackValueType === undefined ? {} : { feedbackValueType }),
    ...restOf(rest),
  };
};

/**
 * The record of a scorer from the text that it is kept as, under the name that it is kept by. What only its own client can
 * run, such as Python code, a class that is not known here or a text that cannot be read, is a foreign record.
 */
export const readRecord = (serialized: string, name: string): ScorerRecord => {
  const scorer = readSerializedScorer(serialized);
  if (scorer === undefined) return { name, isSessionLevel: false, type: "foreign", serialized };
  const {
    builtin_scorer_class: className,
    builtin_scorer_pydantic_data: builtin,
    instructions_judge_pydantic_data: judge,
    description,
  } = scorer;
  const fields: RecordFields = {
    name,
    isSessionLevel: scorer.is_session_level_scorer,
    ...(description === null || description === undefined ? {} : { description }),
  };
  if (className && builtinData.has(className)) return { ...readBuiltin(fields, className, builtin ?? {}), serialized };
  if (judge) return { ...readInstructions(fields, judge), serialized };
  return { ...fields, type: "foreign", serialized };
};
