import { BIGINT, StatementType, type DuckDBConnection, type DuckDBPreparedStatement } from "@duckdb/node-api";
import { ErrorCode, TracelakeError } from "@tracelake/wire";
import type { TranslatedStatement } from "../sql/dialect.ts";
import { asAttached } from "./attached-sql.ts";
import type { Engine } from "./engine.ts";
import { internalSchema } from "./schema/names.ts";
import { readParameter, type BoundValue, type TypedParameter } from "./statements/parameters.ts";

/** A value bound to a parameter of a statement; with its type for what JavaScript cannot tell. */
export type ParameterValue = string | number | bigint | boolean | null | TypedParameter;

/** The values of a statement's parameters: by name for `:name`, in order for `?`. */
export type Parameters = Readonly<Record<string, ParameterValue>> | readonly ParameterValue[];

/** A statement that is ready to run: close `prepared` afterwards. What does not only read waits for the writer's turn. */
export interface Prepared {
  readonly prepared: DuckDBPreparedStatement;
  readonly effect: "reads" | "writes" | "changesRows";
}

const reading: ReadonlySet<number> = new Set([StatementType.SELECT, StatementType.EXPLAIN]);
const writing: ReadonlySet<number> = new Set([
  StatementType.DELETE,
  StatementType.UPDATE,
  StatementType.INSERT,
  StatementType.CREATE,
  StatementType.DROP,
]);

const unsupported = (seen: string): TracelakeError =>
  new TracelakeError(ErrorCode.SQL_UNSUPPORTED, {
    failed: "The statement is not supported by the local workspace",
    seen,
    remedy: "Use SELECT, SHOW, DESCRIBE, CREATE, DROP, DELETE, UPDATE or MERGE.",
  });

const isList = (value: object): value is readonly ParameterValue[] => Array.isArray(value);

const givenValue = (parameters: Parameters, parameter: string | number): ParameterValue => {
  const value = isList(parameters)
    ? parameters[Number(parameter) - 1]
    : Object.hasOwn(parameters, parameter)
      ? parameters[String(parameter)]
      : undefined;
  if (value !== undefined) return value;
  throw new TracelakeError(ErrorCode.SQL_FAILED, {
    failed: "A parameter of the statement has no value",
    seen: typeof parameter === "number" ? `number ${parameter}` : `:${parameter}`,
    remedy: "Give a value for each parameter.",
  });
};

// Without a type, DuckDB would take whole numbers for DOUBLE and HUGEINT.
const boundValue = (value: ParameterValue): Partial<BoundValue> => {
  if (typeof value === "object" && value !== null) return readParameter(value);
  if (typeof value === "bigint" || Number.isSafeInteger(value)) return { value: BigInt(value ?? 0), type: BIGINT };
  return { value };
};

const bind = (
  prepared: DuckDBPreparedStatement,
  wanted: TranslatedStatement["parameters"],
  parameters: Parameters,
): void => {
  if (wanted.length === 0) return;
  const values = wanted.map((parameter) => [String(parameter), boundValue(givenValue(parameters, parameter))] as const);
  prepared.bind(
    Object.fromEntries(values.map(([name, { value = null }]) => [name, value])),
    Object.fromEntries(values.map(([name, { type }]) => [name, type])),
  );
};

const effectOf = (prepared: DuckDBPreparedStatement, sql: string): Prepared["effect"] => {
  const { statementType } = prepared;
  if (reading.has(statementType)) return "reads";
  const isInternal = sql.toLowerCase().includes(internalSchema);
  if (!writing.has(statementType) || isInternal) {
    throw unsupported(isInternal ? internalSchema : (StatementType[statementType] ?? "its kind"));
  }
  return statementType === StatementType.CREATE || statementType === StatementType.DROP ? "writes" : "changesRows";
};

/** Prepares a translated statement with its values. @throws where the workspace does not offer it, or the engine refuses it. */
export const prepare = async (
  engine: Engine,
  connection: DuckDBConnection,
  work: { readonly statement: Pick<TranslatedStatement, "sql" | "parameters">; readonly parameters?: Parameters },
): Promise<Prepared> => {
  const sql = asAttached(work.statement.sql, (catalog) => engine.hasCatalog(catalog));
  const prepared = await connection.prepare(sql);
  try {
    bind(prepared, work.statement.parameters, work.parameters ?? {});
    return { prepared, effect: effectOf(prepared, sql) };
  } catch (error) {
    prepared.destroySync();
    throw error;
  }
};
