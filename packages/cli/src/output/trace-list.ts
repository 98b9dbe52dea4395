import { formatLocation } from "@tracelake/wire";
import type { TraceSummary } from "../data/trace.ts";
import { formatDuration, formatTime } from "./duration.ts";
import { printable } from "./printable-text.ts";
import { plainStyle } from "./style.ts";
import { renderTable, type TableCell, type TableColumn, type TableOptions } from "./table.ts";
import { formatTotalTokens } from "./tokens.ts";
import { paintState } from "./trace-view.ts";

const shortestIdCharacters = 12;
const wideEnoughForWholeIds = 180;
const shownOfLongText = 500;

const roomyWidth = 140;

interface Field extends TableColumn {
  /** A terminal narrower than this does without the column. */
  readonly fromWidth?: number;
  readonly cell: (summary: TraceSummary) => TableCell;
}

/** Traces as a table. A narrow terminal gets the first characters of each id, as many as tell them apart. */
export const renderTraceList = (traces: readonly TraceSummary[], options: TableOptions = {}): string[] => {
  const { width, style = plainStyle } = options;
  const idCharacters = width === undefined || width >= wideEnoughForWholeIds ? 32 : distinctCharacters(traces);
  const hasSeveralLocations = new Set(traces.map(({ location }) => formatLocation(location))).size > 1;
  const isNarrow = width !== undefined && width < roomyWidth;
  const text = (value: string | undefined): TableCell => ({ text: printable((value ?? "").slice(0, shownOfLongText)) });
  const fields: Field[] = [
    { header: "TRACE", isWhole: true, cell: ({ traceId }) => text(traceId.slice(0, idCharacters)) },
    {
      header: "TIME",
      isWhole: true,
      cell: ({ startTimeUnixNano }) => ({
        text: formatTime(startTimeUnixNano, { isShort: isNarrow }),
        paint: style.dim,
      }),
    },
    { header: "NAME", cell: ({ name }) => text(name) },
    { header: "STATUS", isWhole: true, cell: ({ state }) => ({ text: state, paint: paintState(state, style) }) },
    { header: "DURATION", align: "right", isWhole: true, cell: (trace) => text(durationOf(trace)) },
    {
      header: "SPANS",
      align: "right",
      isWhole: true,
      cell: ({ spanCount, failedSpanCount }) => ({
        text: failedSpanCount === 0 ? String(spanCount) : `${spanCount} (${failedSpanCount}✗)`,
        paint: failedSpanCount === 0 ? undefined : style.red,
      }),
    },
    {
      header: "TOKENS",
      align: "right",
      isWhole: true,
      fromWidth: 100,
      cell: ({ tokens }) => text(tokens && formatTotalTokens(tokens)),
    },
    { header: "SESSION", fromWidth: roomyWidth, cell: ({ session }) => text(session) },
    { header: "USER", fromWidth: roomyWidth, cell: ({ user }) => text(user) },
    ...(hasSeveralLocations
      ? [
          {
            header: "LOCATION",
            fromWidth: roomyWidth,
            cell: ({ location }: TraceSummary) => text(formatLocation(location)),
          },
        ]
      : []),
    { header: "REQUEST", cell: ({ requestPreview }) => text(requestPreview) },
  ];
  const filled = fields
    .filter(({ fromWidth = 0 }) => (width ?? Infinity) >= fromWidth)
    .map((field) => ({ field, cells: traces.map(field.cell) }));
  const shown = filled.filter(({ field, cells }) => field.header === "TRACE" || cells.some(({ text }) => text !== ""));
  return renderTable(
    shown.map(({ field }) => field),
    traces.map((_, row) => shown.map(({ cells }) => cells[row] ?? { text: "" })),
    options,
  );
};

const durationOf = ({ startTimeUnixNano, endTimeUnixNano }: TraceSummary): string =>
  endTimeUnixNano === undefined ? "" : formatDuration(endTimeUnixNano - startTimeUnixNano);

const distinctCharacters = (traces: readonly TraceSummary[]): number => {
  for (let characters = shortestIdCharacters; characters < 32; characters += 4) {
    if (new Set(traces.map(({ traceId }) => traceId.slice(0, characters))).size === traces.length) return characters;
  }
  return 32;
};
