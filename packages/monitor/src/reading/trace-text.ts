import { shortenText, type JsonValue } from "@tracelake/wire";
import { toSpanTree, type SpanNode, type Trace } from "@tracelake/workspace-client";
import { jsonText } from "./chat-text.ts";

// Judges have contexts of some 100,000 tokens; a value that is longer than this says little more.
const mostCharactersOfTrace = 120_000;
const mostCharactersOfValue = 8000;

const durationText = ({ span }: SpanNode): string =>
  span.endTimeUnixNano === undefined
    ? "still open"
    : `${(Number(span.endTimeUnixNano - span.startTimeUnixNano) / 1e6).toFixed(1)} ms`;

const valueLines = (indent: string, name: string, value: JsonValue | undefined): string[] =>
  value === undefined || value === null
    ? []
    : [`${indent}  ${name}: ${shortenText(jsonText(value), mostCharactersOfValue)}`];

const linesOf = (node: SpanNode, depth: number): string[] => {
  const { span, children } = node;
  const indent = "  ".repeat(Math.min(depth, 20));
  const failure =
    span.status === "ERROR" ? `, failed${span.statusMessage === undefined ? "" : `: ${span.statusMessage}`}` : "";
  return [
    `${indent}- ${span.name} (${span.type}, ${durationText(node)}${failure})`,
    ...valueLines(indent, "inputs", span.inputs),
    ...valueLines(indent, "outputs", span.outputs),
    ...children.flatMap((child) => linesOf(child, depth + 1)),
  ];
};

/** A whole trace as judges read it: its spans as a tree, each with its type, duration, failure, inputs and outputs. */
export const traceText = (trace: Trace): string =>
  shortenText(
    [`state: ${trace.info.state}`, ...toSpanTree(trace.spans).flatMap((node) => linesOf(node, 0))].join("\n"),
    mostCharactersOfTrace,
  );
