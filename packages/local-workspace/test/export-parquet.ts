import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { splitQualified } from "../src/store/schema/names.ts";

/**
 * Writes tables of a catalog's file as Parquet, by their qualified names. VARIANT below the first level becomes JSON text,
 * which is all that the engine's writer can do with it.
 *
 * @returns the file of each table.
 */
export const exportParquet = async (
  catalogFile: string,
  tables: readonly string[],
  folder: string,
): Promise<Map<string, string>> => {
  const files = new Map<string, string>();
  const instance = await DuckDBInstance.create(":memory:");
  const duckdb = await instance.connect();
  await duckdb.run(`ATTACH '${catalogFile}' AS c (READ_ONLY)`);
  for (const qualified of tables) {
    const { schema, table } = splitQualified(qualified);
    const types = await duckdb.runAndReadAll(
      `SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = 'c' AND table_name = '${table}' ORDER BY column_index`,
    );
    const columns = types.getRows().map(([column, type]) => {
      const [quoted, text] = [`"${String(column)}"`, String(type)];
      return text === "VARIANT" ? quoted : `${quoted}::${text.replaceAll("VARIANT", "JSON")} AS ${quoted}`;
    });
    const file = join(folder, `${table}.parquet`);
    await duckdb.run(`COPY (SELECT ${columns.join(", ")} FROM c."${schema}"."${table}") TO '${file}' (FORMAT parquet)`);
    files.set(qualified, file);
  }
  duckdb.closeSync();
  instance.closeSync();
  return files;
};
