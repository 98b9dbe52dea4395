import { formatTraceId } from "@tracelake/wire";
import type { SummaryState, TraceSpan, TraceSummary } from "../data/trace.ts";
import { formatDuration, formatTime } from "./duration.ts";
import { printable } from "./printable-text.ts";
import { spanTreeLines, type SpanTreeLine } from "./span-tree.ts";
import { plainStyle, type Style } from "./style.ts";
import { cutToWidth, displayWidth, padToWidth } from "./text-width.ts";
import { formatTokens } from "./tokens.ts";

export interface TraceViewOptions {
  readonly width?: number | undefined;
  readonly style?: Style;
  readonly showIo?: boolean;
}

const gap = "  ";
const widestName = 48;
const longestDetail = 240;
const shownOfLongText = 4000;

/** The colour that a state has everywhere. */
export const paintState = (state: SummaryState, style: Style): ((text: string) => string) =>
  ({ OK: style.green, ERROR: style.red, IN_PROGRESS: style.yellow, UNSET: style.dim })[state];

/** A trace as a heading and the tree of its spans. */
export const renderTrace = (
  summary: TraceSummary,
  spans: readonly TraceSpan[],
  options: TraceViewOptions = {},
): string[] => [...headingLines(summary, options), "", ...treeLines(spans, options)];

const headingLines = (summary: TraceSummary, { width, style = plainStyle }: TraceViewOptions): string[] => {
  const { endTimeUnixNano: end, startTimeUnixNano: start, state } = summary;
  const title = [
    style.bold(printable(summary.name ?? "(the root span has not arrived)")),
    paintState(state, style)(state),
    end === undefined ? "" : formatDuration(end - start),
    formatTime(start),
  ];
  const facts: [string, string | undefined][] = [
    ["trace", formatTraceId(summary.traceId, summary.location)],
    ["session", summary.session],
    ["user", summary.user],
    ["tokens", summary.tokens === undefined ? undefined : formatTokens(summary.tokens).replace(" tokens", "")],
    ["tags", tagText(summary.tags)],
    ["request", summary.requestPreview?.slice(0, shownOfLongText)],
  ];
  const most = width ?? longestDetail;
  return [
    title.filter((part) => part !== "").join(gap),
    ...facts.flatMap(([label, value]) =>
      value === undefined || value === ""
        ? []
        : [style.dim(padToWidth(label, 9)) + cutToWidth(printable(value), Math.max(8, most - 9))],
    ),
  ];
};

// MLflow's own tags say nothing that is not shown anyway.
const tagText = (tags: Readonly<Record<string, string>>): string =>
  Object.entries(tags)
    .filter(([key]) => !key.startsWith("mlflow."))
    .map(([key, value]) => `${key}=${value}`)
    .join(" ");

const markOf = ({ isFailed }: TraceSpan): string => (isFailed ? "✗ " : "");

const nameOf = ({ span, branch }: SpanTreeLine): string => branch + markOf(span) + printable(span.name);

const treeLines = (spans: readonly TraceSpan[], options: TraceViewOptions): string[] => {
  const { width = Infinity, style = plainStyle } = options;
  const lines = spanTreeLines(spans);
  const startUnixNano = lines.reduce<bigint | undefined>(
    (least, { span }) => (least === undefined || span.startTimeUnixNano < least ? span.startTimeUnixNano : least),
    undefined,
  );
  const widest = (texts: readonly string[]): number =>
    texts.reduce((most, text) => Math.max(most, displayWidth(text)), 0);
  const rows = lines.map((line) => ({
    line,
    type: printable(line.span.type ?? ""),
    offset: `+${formatDuration(line.span.startTimeUnixNano - (startUnixNano ?? 0n))}`,
    duration: durationOf(line.span),
    about: aboutOf(line.span),
  }));
  const typeWidth = Math.min(16, widest(rows.map(({ type }) => type)));
  const offsetWidth = widest(rows.map(({ offset }) => offset));
  const durationWidth = widest(rows.map(({ duration }) => duration));
  const beside = typeWidth + offsetWidth + durationWidth + gap.length * 3;
  const nameWidth = Math.min(
    widest(lines.map(nameOf)),
    Math.max(widestName, widest(lines.map(({ branch }) => branch)) + 12),
    Math.max(16, width - beside),
  );
  return rows.flatMap(({ line, type, offset, duration, about }) => {
    const { span } = line;
    const name = padToWidth(cutToWidth(nameOf(line), nameWidth), nameWidth);
    const left = [
      paintName(name, line, style),
      style.cyan(padToWidth(cutToWidth(type, typeWidth), typeWidth)),
      style.dim(padToWidth(offset, offsetWidth, "right")),
      padToWidth(duration, durationWidth, "right"),
      style.dim(cutToWidth(about, Math.max(0, width - nameWidth - beside - gap.length))),
    ];
    return [
      left
        .filter((part) => part !== "")
        .join(gap)
        .trimEnd(),
      ...detailLines(line, span, options),
    ];
  });
};

const paintName = (name: string, { span, branch }: SpanTreeLine, style: Style): string => {
  const rest = name.slice(branch.length);
  return style.dim(name.slice(0, branch.length)) + (span.isFailed ? style.red(rest) : rest);
};

const durationOf = ({ startTimeUnixNano, endTimeUnixNano }: TraceSpan): string =>
  endTimeUnixNano === undefined ? "running" : formatDuration(endTimeUnixNano - startTimeUnixNano);

const aboutOf = ({ model, tokens }: TraceSpan): string =>
  [model === undefined ? "" : printable(model), tokens === undefined ? "" : formatTokens(tokens)]
    .filter((part) => part !== "")
    .join("  ");

const detailLines = (line: SpanTreeLine, span: TraceSpan, options: TraceViewOptions): string[] => {
  const { width, style = plainStyle, showIo = false } = options;
  const details: [string, string | undefined, (text: string) => string][] = [
    ["", span.isFailed ? (span.statusMessage ?? "failed without a message") : undefined, style.red],
    ["", missingParent(line), style.yellow],
    ["in   ", showIo ? span.inputs : undefined, String],
    ["out  ", showIo ? span.outputs : undefined, String],
  ];
  const lead = line.continuation;
  const room = Math.max(16, (width ?? longestDetail) - displayWidth(lead) - 5);
  return details.flatMap(([label, value, paint]) =>
    value === undefined || value === ""
      ? []
      : [
          style.dim(lead + label) +
            paint(cutToWidth(printable(value.slice(0, shownOfLongText)), Math.min(longestDetail, room))),
        ],
  );
};

const missingParent = ({ missingParentId }: SpanTreeLine): string | undefined =>
  missingParentId === undefined ? undefined : `its parent span ${missingParentId} is not in the table`;
