import { plainStyle, type Style } from "./style.ts";
import { cutToWidth, displayWidth, padToWidth } from "./text-width.ts";

/** One cell: its text is a single printable line; `paint` colours it after it was cut and padded. */
export interface TableCell {
  readonly text: string;
  readonly paint?: ((text: string) => string) | undefined;
}

export interface TableColumn {
  readonly header: string;
  readonly align?: "left" | "right";
  /** Never cut. */
  readonly isWhole?: boolean;
}

export interface TableOptions {
  /** The width of the terminal in cells. Left out, nothing is cut. */
  readonly width?: number | undefined;
  readonly style?: Style;
}

const gap = "  ";
const narrowestColumn = 8;
// Beyond this a column is not lined up any more where nothing is cut: one long cell would pad every row.
const widestPadding = 120;

type Rows = readonly (readonly TableCell[])[];

/**
 * Rows as lines under a header. Where they do not fit into `width`, the widest columns are cut; where that would leave
 * too little of them, every row becomes a block with a line for each column.
 */
export const renderTable = (columns: readonly TableColumn[], rows: Rows, options: TableOptions = {}): string[] => {
  const { width, style = plainStyle } = options;
  const natural = columns.map((column, index) => naturalWidth(column, rows, index, width ?? widestPadding));
  if (width === undefined) return tableLines(columns, rows, natural, style);
  const widths = fittedWidths(columns, natural, width - gap.length * (columns.length - 1));
  return widths === undefined
    ? blockLines(columns, rows, width, style)
    : tableLines(
        columns,
        rows.map((row) => row.map((cell, index) => ({ ...cell, text: cutToWidth(cell.text, widths[index] ?? 0) }))),
        widths,
        style,
      );
};

const naturalWidth = (column: TableColumn, rows: Rows, index: number, most: number): number => {
  let widest = displayWidth(column.header);
  for (const row of rows) widest = Math.max(widest, displayWidth(row[index]?.text ?? "", most));
  return Math.min(widest, most);
};

// Takes from the widest columns only: every column wider than the limit gets the limit.
const fittedWidths = (
  columns: readonly TableColumn[],
  natural: readonly number[],
  available: number,
): number[] | undefined => {
  const widthsWith = (limit: number): number[] =>
    natural.map((width, index) => (columns[index]?.isWhole === true ? width : Math.min(width, limit)));
  const sum = (widths: readonly number[]): number => widths.reduce((total, width) => total + width, 0);
  let limit = Math.max(0, ...natural);
  while (limit > narrowestColumn && sum(widthsWith(limit)) > available) limit -= 1;
  const widths = widthsWith(limit);
  let toShare = available - sum(widths);
  if (toShare < 0) return undefined;
  return widths.map((width, index) => {
    if (width === natural[index] || toShare === 0) return width;
    toShare -= 1;
    return width + 1;
  });
};

const tableLines = (columns: readonly TableColumn[], rows: Rows, widths: readonly number[], style: Style): string[] => {
  const line = (cells: readonly TableCell[]): string =>
    cells
      .map(({ text, paint = String }, index) => {
        const { align } = columns[index] ?? {};
        const isLast = index === columns.length - 1;
        return paint(
          isLast && align !== "right"
            ? text
            : padToWidth(text, widths[index] ?? 0, align === "right" ? "right" : "left"),
        );
      })
      .join(gap)
      .trimEnd();
  return [
    line(columns.map(({ header }, index) => ({ text: cutToWidth(header, widths[index] ?? 0), paint: style.bold }))),
    style.dim(widths.map((width) => "─".repeat(width)).join(gap)),
    ...rows.map(line),
  ];
};

const blockLines = (columns: readonly TableColumn[], rows: Rows, width: number, style: Style): string[] => {
  const longest = Math.max(...columns.map(({ header }) => displayWidth(header)));
  const nameWidth = Math.min(longest, Math.max(4, Math.floor(width / 2) - gap.length));
  const valueWidth = Math.max(4, width - nameWidth - gap.length);
  return rows.flatMap((row, rowIndex) => [
    style.dim(cutToWidth(`── row ${rowIndex + 1} ${"─".repeat(width)}`, width + 1).slice(0, width)),
    ...row.map(({ text, paint = String }, index) => {
      const name = cutToWidth(columns[index]?.header ?? "", nameWidth);
      return `${style.bold(padToWidth(name, nameWidth))}${gap}${paint(cutToWidth(text, valueWidth))}`.trimEnd();
    }),
  ]);
};
