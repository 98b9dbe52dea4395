import { stringifyJson, type JsonValue } from "@tracelake/wire";
import type { AnswerSchema } from "../request.ts";

/** Rows as the Statement Execution API sends them: every value is text or NULL. */
export interface StatementChunk {
  readonly rows: readonly (readonly (string | null)[])[];
  /** The path of the chunk that follows. */
  readonly nextPath: string | undefined;
}

/**
 * The part of a Statement Execution API answer that is read here.
 *
 * @see https://docs.databricks.com/api/workspace/statementexecution/executestatement
 */
export interface StatementAnswer {
  readonly statementId: string;
  readonly state: string;
  readonly error: { readonly code: string; readonly message: string } | undefined;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly chunk: StatementChunk;
  readonly notes: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

const cellOf = (value: unknown): string | null =>
  value === null || value === undefined ? null : typeof value === "string" ? value : stringifyJson(value as JsonValue);

const chunkOf = (value: unknown): StatementChunk => {
  const result = fieldsOf(value);
  const nextPath = textOf(result["next_chunk_internal_link"]);
  return {
    rows: listOf(result["data_array"]).map((row) => listOf(row).map(cellOf)),
    nextPath: nextPath === "" ? undefined : nextPath,
  };
};

/** Reads the answer to a statement, or to asking how it goes. */
export const statementAnswerSchema: AnswerSchema<StatementAnswer> = {
  safeParse: (value) => {
    const answer = fieldsOf(value);
    const status = fieldsOf(answer["status"]);
    const state = textOf(status["state"]);
    if (state === "") return { success: false, error: new TypeError("status.state is missing") };
    const error = fieldsOf(status["error"]);
    const schema = fieldsOf(fieldsOf(answer["manifest"])["schema"]);
    return {
      success: true,
      data: {
        statementId: textOf(answer["statement_id"]),
        state,
        error:
          "message" in error ? { code: textOf(error["error_code"]), message: textOf(error["message"]) } : undefined,
        columns: listOf(schema["columns"]).map((column) => {
          const { name, type_text: typeText, type_name: typeName } = fieldsOf(column);
          return { name: textOf(name), type: textOf(typeText) || textOf(typeName) };
        }),
        chunk: chunkOf(answer["result"]),
        notes: listOf(answer["notes"]).map(textOf),
      },
    };
  },
};

/** Reads a chunk of rows that came not with the answer. */
export const statementChunkSchema: AnswerSchema<StatementChunk> = {
  safeParse: (value) => ({ success: true, data: chunkOf(value) }),
};
