import type { DuckDBType, DuckDBValue } from "@duckdb/node-api";
import { Field, RecordBatch, RecordBatchStreamWriter, Schema, Struct, makeData } from "apache-arrow";
import { databricksType } from "../type-names.ts";
import { encoderOf, type NativeTypes } from "./arrow-columns.ts";

/** A stream ends with an empty message: a marker and a length of zero. */
const endOfStreamBytes = 8;

const streamOf = (schema: Schema, batches: readonly RecordBatch[]): Uint8Array => {
  const writer = new RecordBatchStreamWriter();
  writer.reset(undefined, schema);
  for (const batch of batches) writer.write(batch);
  writer.finish();
  return writer.toUint8Array(true);
};

const baseTypes: Readonly<Record<string, string>> = {
  TINYINT: "byte",
  SMALLINT: "short",
  INT: "integer",
  BIGINT: "long",
  INTERVAL: "interval day to second",
};

// Databricks gives each column its Spark type so; connectors recognise a VARIANT, which travels as text, by it.
const sparkMetadata = (type: string): Map<string, string> => {
  const name = type.replace(/[(<].*/s, "");
  return new Map([
    ["Spark:DataType:SqlName", type],
    ["Spark:DataType:JsonType", JSON.stringify(baseTypes[name] ?? type.toLowerCase())],
  ]);
};

/**
 * Writes the rows of one result as Databricks sends them: the Arrow stream's schema message by itself, and each record
 * batch's message by itself. Put together they are a stream without its end.
 *
 * @see https://arrow.apache.org/docs/format/Columnar.html#ipc-streaming-format
 */
export class ArrowStream {
  readonly schemaMessage: Uint8Array;
  // Batches carry no names, and the library loses rows where two columns have the same one.
  readonly #unnamed: Schema;
  readonly #unnamedBytes: number;
  readonly #encoders: readonly ReturnType<typeof encoderOf>[];

  constructor(columns: readonly { readonly name: string; readonly type: DuckDBType }[], natives: NativeTypes) {
    this.#encoders = columns.map(({ type }) => encoderOf(type, natives));
    const fields = columns.map(
      ({ name, type }, index) =>
        new Field(name, this.#encoders[index]?.type ?? new Struct([]), true, sparkMetadata(databricksType(type))),
    );
    this.schemaMessage = streamOf(new Schema(fields), []).slice(0, -endOfStreamBytes);
    this.#unnamed = new Schema(fields.map(({ type }, index) => new Field(String(index), type, true)));
    this.#unnamedBytes = streamOf(this.#unnamed, []).length - endOfStreamBytes;
  }

  /** Some rows, given column by column. */
  batch(columns: readonly (readonly DuckDBValue[])[], rowCount: number): RecordBatch {
    const children = this.#encoders.map(({ encode }, index) => encode(columns[index] ?? []));
    const data = makeData({ type: new Struct(this.#unnamed.fields), length: rowCount, nullCount: 0, children });
    return new RecordBatch(this.#unnamed, data);
  }

  /** The message of a batch, or of a slice of one. */
  batchMessage(batch: RecordBatch): Uint8Array {
    return streamOf(this.#unnamed, [batch]).slice(this.#unnamedBytes, -endOfStreamBytes);
  }
}
