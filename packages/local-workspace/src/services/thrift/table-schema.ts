import type { QueryColumn } from "../../store/query.ts";
import { TypeId } from "./protocol.ts";
import type { TableSchema } from "./structs.ts";

const isKnown = (name: string): name is keyof typeof TypeId => Object.hasOwn(TypeId, name);

const qualifiersOf = (type: string) => {
  const [, precision, scale] = /^DECIMAL\((\d+),(\d+)\)$/.exec(type) ?? [];
  if (precision === undefined || scale === undefined) return undefined;
  return {
    qualifiers: new Map([
      ["precision", { i32Value: Number(precision) }],
      ["scale", { i32Value: Number(scale) }],
    ]),
  };
};

/** Columns as TCLIService describes them. A VARIANT is a STRING there, which Arrow's metadata sets right. */
export const tableSchemaOf = (columns: readonly QueryColumn[]): TableSchema => ({
  columns: columns.map(({ name, type }, index) => {
    const base = type.replace(/[(<].*/s, "");
    const primitiveEntry = { type: TypeId[isKnown(base) ? base : "STRING"], typeQualifiers: qualifiersOf(type) };
    return { columnName: name, typeDesc: { types: [{ primitiveEntry }] }, position: index + 1, comment: "" };
  }),
});
