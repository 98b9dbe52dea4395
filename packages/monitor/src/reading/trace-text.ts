import { shortenText, type JsonValue } from "@tracelake/wire";
import { toSpanTree, type SpanNode, type Trace } from "@tracelake/workspace-client";
import { jsonText } from "./chat-text.ts";
import { oneLine } from "./one-line.ts";

// Judges have contexts of some 100,000 tokens. Where a trace does not fit, what its longest values go on with says least.
const mostCharactersOfTrace = 120_000;
const mostCharactersOfValue = 8000;

const durationText = ({ span }: SpanNode): string =>
  span.endTimeUnixNano === undefined
    ? "still open"
    : `${(Number(span.endTimeUnixNano - span.startTimeUnixNano) / 1e6).toFixed(1)} ms`;

type TextOf = (value: JsonValue) => string;

const valueLines = (label: string, value: JsonValue | undefined, textOf: TextOf): string[] =>
  value === undefined || value === null ? [] : [`${label}: ${textOf(value)}`];

const linesOf = (node: SpanNode, depth: number, textOf: TextOf): string[] => {
  const { span, children } = node;
  const indent = "  ".repeat(Math.min(depth, 20));
  const failure =
    span.status === "ERROR"
      ? `, failed${span.statusMessage === undefined ? "" : `: ${oneLine(span.statusMessage)}`}`
      : "";
  return [
    `${indent}- ${oneLine(span.name)} (${oneLine(span.type)}, ${durationText(node)}${failure})`,
    ...valueLines(`${indent}  inputs`, span.inputs, textOf),
    ...valueLines(`${indent}  outputs`, span.outputs, textOf),
    ...children.flatMap((child) => linesOf(child, depth + 1, textOf)),
  ];
};

const textWith = (trace: Trace, textOf: TextOf): string =>
  [`state: ${trace.info.state}`, ...toSpanTree(trace.spans).flatMap((node) => linesOf(node, 0, textOf))].join("\n");

const shortText: TextOf = (value) => shortenText(jsonText(value), mostCharactersOfValue);

/** A whole trace as judges read it: its spans as a tree, each with its type, duration, failure, inputs and outputs. */
export const traceText = (trace: Trace): string => {
  const whole = textWith(trace, jsonText);
  return whole.length <= mostCharactersOfTrace ? whole : shortenText(textWith(trace, shortText), mostCharactersOfTrace);
};
