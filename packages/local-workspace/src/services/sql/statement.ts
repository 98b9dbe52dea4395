import { ErrorCode, stringifyJson, TracelakeError, type JsonValue } from "@tracelake/wire";
import { z } from "zod";
import { messageOf } from "../../message-of.ts";
import type { QueryColumn, QueryOptions, QueryResult } from "../../store/query.ts";

/** @see https://docs.databricks.com/api/workspace/statementexecution/executestatement */
export const statementSchema = z.object({
  statement: z.string().min(1),
  warehouse_id: z.string().optional(),
  catalog: z.string().optional(),
  schema: z.string().optional(),
  parameters: z
    .array(z.object({ name: z.string(), value: z.string().nullish(), type: z.string().optional() }))
    .default([]),
  row_limit: z.int().positive().optional(),
  wait_timeout: z
    .string()
    .regex(/^\d{1,2}s$/, "write seconds, such as 10s")
    .default("10s"),
  on_wait_timeout: z.enum(["CONTINUE", "CANCEL"]).default("CONTINUE"),
  disposition: z.literal("INLINE", { error: "the local workspace answers INLINE only" }).default("INLINE"),
  format: z.literal("JSON_ARRAY", { error: "the local workspace answers JSON_ARRAY only" }).default("JSON_ARRAY"),
});

export type Statement = z.infer<typeof statementSchema>;

/** How a statement is to be run. */
export const queryOptions = ({ catalog, schema, parameters }: Statement): QueryOptions => ({
  ...(catalog === undefined ? {} : { catalog }),
  ...(schema === undefined ? {} : { schema }),
  ...(parameters.length === 0
    ? {}
    : {
        parameters: Object.fromEntries(
          parameters.map(({ name, value, type = "STRING" }) => [
            name,
            value === null || value === undefined ? null : { type, text: value },
          ]),
        ),
      }),
});

// The names of the API's own enumeration, where they are not the SQL ones.
const typeNames: Readonly<Record<string, string>> = {
  TINYINT: "BYTE",
  SMALLINT: "SHORT",
  BIGINT: "LONG",
  VOID: "NULL",
};

const columnAnswer = ({ name, type }: QueryColumn, position: number) => {
  const sqlName = type.replace(/[(<].*/s, "");
  return { name, type_text: type, type_name: typeNames[sqlName] ?? sqlName, position };
};

const cellText = (cell: JsonValue): string | null => {
  if (cell === null) return null;
  return typeof cell === "object" ? stringifyJson(cell) : String(cell);
};

/** The answer to a statement that was run to its end. */
export const succeeded = (id: string, result: QueryResult, rowLimit: number | undefined) => {
  const rows = rowLimit === undefined ? result.rows : result.rows.slice(0, rowLimit);
  const chunk = { chunk_index: 0, row_offset: 0, row_count: rows.length };
  return {
    statement_id: id,
    status: { state: "SUCCEEDED" },
    manifest: {
      format: "JSON_ARRAY",
      schema: { column_count: result.columns.length, columns: result.columns.map(columnAnswer) },
      total_chunk_count: 1,
      chunks: [chunk],
      total_row_count: rows.length,
      truncated: rows.length < result.rows.length,
    },
    result: { ...chunk, data_array: rows.map((row) => row.map(cellText)) },
    // Not in Databricks' API, whose readers pass over what they do not know.
    notes: result.notes,
  };
};

/** Databricks runs one statement at a time: answers of others would be lost without a word. */
export const onlyOne = (result: QueryResult): QueryResult => {
  if (result.results.length < 2) return result;
  throw new TracelakeError(ErrorCode.SQL_UNSUPPORTED, {
    failed: "The Statement Execution API answers one result",
    seen: `${result.results.length} statements that give rows`,
    remedy: "Send one statement at a time.",
  });
};

/** The answer to a statement that failed: an answer like the others, whose state says so. */
export const failed = (id: string, error: unknown) => {
  const code = TracelakeError.isInstance(error) ? `[${error.code}] ` : "";
  return {
    statement_id: id,
    status: { state: "FAILED", error: { error_code: "BAD_REQUEST", message: `${code}${messageOf(error)}` } },
  };
};

/** The answer while a statement runs. */
export const running = (id: string) => ({ statement_id: id, status: { state: "RUNNING" } });
