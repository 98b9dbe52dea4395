import { AstNode } from "./ast-node.ts";
import { unsupported } from "./refusal.ts";
import type { Writer } from "./writer.ts";

const simpleBounds: Readonly<Record<string, string>> = {
  CurrentRow: "CURRENT ROW",
  UnboundedPreceding: "UNBOUNDED PRECEDING",
  UnboundedFollowing: "UNBOUNDED FOLLOWING",
};

const writeBound = (value: unknown, writer: Writer): string => {
  if (typeof value === "string") {
    const simple = simpleBounds[value];
    if (simple !== undefined) return simple;
  } else {
    const bound = AstNode.of(value);
    const amount =
      bound.kind === "Preceding" || bound.kind === "Following" ? boundAmount(value, bound.kind) : undefined;
    if (amount !== undefined) return `${writer.value(amount).text} ${bound.kind.toUpperCase()}`;
  }
  throw unsupported("A window frame of this form", JSON.stringify(value));
};

const boundAmount = (value: unknown, kind: string): AstNode => new AstNode("bound", value).node(kind);

const writeFrame = (frame: AstNode, writer: Writer): string => {
  const kind = frame.text("kind") ?? "";
  if (kind !== "Rows" && kind !== "Range") throw unsupported("A window frame of this kind", kind);
  const start = writeBound(frame.raw("start"), writer);
  const end = frame.has("end") ? writeBound(frame.raw("end"), writer) : undefined;
  return end === undefined ? `${kind.toUpperCase()} ${start}` : `${kind.toUpperCase()} BETWEEN ${start} AND ${end}`;
};

/** What stands between the parentheses of a window. */
export const writeWindow = (window: AstNode, writer: Writer): string => {
  const base = window.part("window_name");
  const partition = window.nodes("partition_by").map((item) => writer.value(item).text);
  const order = window.parts("order_by");
  const frame = window.part("frame");
  return [
    base === undefined ? "" : writer.identifier(base),
    partition.length === 0 ? "" : `PARTITION BY ${partition.join(", ")}`,
    order.length === 0 ? "" : `ORDER BY ${writer.ordering(order)}`,
    frame === undefined ? "" : writeFrame(frame, writer),
  ]
    .filter((text) => text !== "")
    .join(" ");
};

/** The `OVER …` part of a call. */
export const writeOver = (over: AstNode, writer: Writer): string => ` OVER (${writeWindow(over, writer)})`;
