import { stringifyJson, type JsonValue } from "@tracelake/wire";
import type { SqlAnswer, SqlColumn } from "@tracelake/workspace-client";
import { printable, printableJson } from "./printable-text.ts";
import { plainStyle } from "./style.ts";
import { renderTable, type TableCell, type TableOptions } from "./table.ts";

const shownOfLongCell = 10_000;
const numeric = /^(?:TINYINT|SMALLINT|INT|BIGINT|FLOAT|DOUBLE|DECIMAL|BYTE|SHORT|LONG)\b/i;
const floating = /^(?:FLOAT|DOUBLE)\b/i;

/** A cell as text: what a table and a CSV file show of it. */
const cellText = (value: JsonValue, type: string): string => {
  if (value === null) return "";
  if (typeof value === "number" && floating.test(type) && Number.isInteger(value) && Math.abs(value) < 1e15) {
    return value.toFixed(1);
  }
  return typeof value === "object" ? stringifyJson(value) : String(value);
};

/** The answer as an aligned table. */
export const renderAnswerTable = ({ columns, rows }: SqlAnswer, options: TableOptions = {}): string[] => {
  const { style = plainStyle } = options;
  const cellOf = (value: JsonValue, { type }: SqlColumn): TableCell => {
    if (value === null) return { text: "NULL", paint: style.dim };
    const text = cellText(value, type);
    return { text: printable(text.length > shownOfLongCell && options.width ? text.slice(0, shownOfLongCell) : text) };
  };
  return renderTable(
    columns.map(({ name, type }) => ({ header: printable(name), align: numeric.test(type) ? "right" : "left" })),
    rows.map((row) => columns.map((column, index) => cellOf(row[index] ?? null, column))),
    options,
  );
};

/** The answer as one JSON array of objects, a row a line. Integers keep all their digits. */
export const renderAnswerJson = ({ columns, rows }: SqlAnswer): string[] => {
  const names = distinctNames(columns);
  return renderJsonArray(rows.map((row) => Object.fromEntries(names.map((name, index) => [name, row[index] ?? null]))));
};

/** Values as one JSON array with a value on each line. */
export const renderJsonArray = (values: readonly JsonValue[]): string[] =>
  values.length === 0
    ? ["[]"]
    : ["[", ...values.map((value, index) => renderJson(value) + (index < values.length - 1 ? "," : "")), "]"];

/** A value as JSON on one line. */
export const renderJson = (value: JsonValue): string => printableJson(stringifyJson(value));

// An object cannot hold two columns of the same name, which SQL allows.
const distinctNames = (columns: readonly SqlColumn[]): string[] => {
  const taken = new Set<string>();
  return columns.map(({ name }) => {
    let distinct = name;
    for (let number = 2; taken.has(distinct); number += 1) distinct = `${name}_${number}`;
    taken.add(distinct);
    return distinct;
  });
};

/**
 * The answer as CSV with a header line. NULL is nothing between the commas, the empty text is `""`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc4180
 */
export const renderAnswerCsv = (
  { columns, rows }: SqlAnswer,
  { isTerminal = false }: { readonly isTerminal?: boolean } = {},
): string[] => {
  const field = (text: string): string => {
    const shown = isTerminal ? printable(text) : text;
    return shown === "" || /[",\r\n]|^\s|\s$/.test(shown) ? `"${shown.replaceAll('"', '""')}"` : shown;
  };
  return [
    columns.map(({ name }) => field(name)).join(","),
    ...rows.map((row) =>
      columns
        .map(({ type }, index) => {
          const value = row[index] ?? null;
          return value === null ? "" : field(cellText(value, type));
        })
        .join(","),
    ),
  ];
};
