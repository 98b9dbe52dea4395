import type { Connection } from "@tracelake/workspace-client";
import { ErrorCode, quoteForMessage, TracelakeError } from "@tracelake/wire";
import { isDatabricks } from "../connection-kind.ts";
import type { ScorerRecord } from "../scorer-record.ts";
import { serializeRecord } from "./serialized-record.ts";

const refusal = (name: string, seen: string, remedy: string): TracelakeError =>
  new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, {
    failed: `The scorer ${quoteForMessage(name)} cannot be registered`,
    seen,
    remedy,
  });

/** What keeps a scorer from being run where it is registered, apart from TypeScript code. */
const assertRunnable = (connection: Connection, record: ScorerRecord): void => {
  if (record.type !== "builtin" && record.type !== "instructions") return;
  const { name, model } = record;
  if (isDatabricks(connection) && model !== undefined && !model.startsWith("databricks")) {
    throw refusal(
      name,
      `its judge is ${quoteForMessage(model)}, and Databricks asks judges of its own workspace only`,
      'Name a serving endpoint, such as model: "databricks:/my-endpoint", or no model, for the judge of the workspace.',
    );
  }
  if (connection.service === "mlflow" && model === undefined && record.type === "instructions") {
    throw refusal(
      name,
      "it names no judge, and an MLflow server has none of its own",
      'Name one with `model`: "gateway:/<endpoint>" for scoring by the server, or such as "openai:/gpt-4.1-mini".',
    );
  }
};

/**
 * The text that a record is registered as.
 *
 * @throws {TracelakeError} `CONFIG_OPTION_INVALID` where the workspace could not run the scorer.
 */
export const registrableText = (connection: Connection, record: ScorerRecord): string => {
  const { name } = record;
  if (name.trim() === "") throw refusal(name, "the name is empty", "Give it a name.");
  assertRunnable(connection, record);
  const text = serializeRecord(record);
  if (text !== undefined) return text;
  throw refusal(
    name,
    "it is TypeScript code, and Databricks and MLflow servers run code in Python only",
    "Hand it to runMonitor({ scorers }), which runs it where it is written, or express it as makeJudge({ instructions }).",
  );
};
