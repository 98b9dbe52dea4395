import { shortenText, type JsonValue } from "@tracelake/wire";
import { toSpanTree, walkSpanTree, type SpanVisit, type Trace, type TraceSpan } from "@tracelake/workspace-client";
import { jsonText } from "./chat-text.ts";
import { oneLine } from "./one-line.ts";

// Judges have contexts of some 100,000 tokens. Where a trace does not fit, what its longest values go on with says least.
const mostCharactersOfTrace = 120_000;
const mostCharactersOfValue = 8000;

const durationText = (span: TraceSpan): string =>
  span.endTimeUnixNano === undefined
    ? "still open"
    : `${(Number(span.endTimeUnixNano - span.startTimeUnixNano) / 1e6).toFixed(1)} ms`;

type TextOf = (value: JsonValue) => string;

const valueLines = (label: string, value: JsonValue | undefined, textOf: TextOf): string[] =>
  value === undefined || value === null ? [] : [`${label}: ${textOf(value)}`];

const linesOf = ({ node, depth }: SpanVisit, textOf: TextOf): string[] => {
  const { span } = node;
  const indent = "  ".repeat(Math.min(depth, 20));
  const failure =
    span.status === "ERROR"
      ? `, failed${span.statusMessage === undefined ? "" : `: ${oneLine(span.statusMessage)}`}`
      : "";
  return [
    `${indent}- ${oneLine(span.name)} (${oneLine(span.type)}, ${durationText(span)}${failure})`,
    ...valueLines(`${indent}  inputs`, span.inputs, textOf),
    ...valueLines(`${indent}  outputs`, span.outputs, textOf),
  ];
};

const textWith = ({ info, spans }: Trace, textOf: TextOf): string =>
  [`state: ${info.state}`, ...[...walkSpanTree(toSpanTree(spans))].flatMap((visit) => linesOf(visit, textOf))].join(
    "\n",
  );

const shortText: TextOf = (value) => shortenText(jsonText(value), mostCharactersOfValue);

/** A whole trace as judges read it: its spans as a tree, each with its type, duration, failure, inputs and outputs. */
export const traceText = (trace: Trace): string => {
  const whole = textWith(trace, jsonText);
  return whole.length <= mostCharactersOfTrace ? whole : shortenText(textWith(trace, shortText), mostCharactersOfTrace);
};
