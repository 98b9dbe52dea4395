import { nonEmptyText, isRecord } from "./json-record.ts";
import type { Run } from "./run.ts";

const endNode = "__end__";

const routeOf = (target: unknown): string | undefined =>
  isRecord(target) && target["lg_name"] === "Send" ? nonEmptyText(target["node"]) : nonEmptyText(target);

/**
 * The nodes that a function chose, where it is a graph's router and not a step of the user's: it returned nodes to go to,
 * and saw the graph's state. LangGraph gives such functions no name and no mark.
 */
export const findRoutes = (outputs: unknown, run: Run): readonly string[] | undefined => {
  const output: unknown = isRecord(outputs) && "output" in outputs ? outputs["output"] : outputs;
  const targets: readonly unknown[] = Array.isArray(output) ? output : [output];
  const routes = targets.map(routeOf).filter((route) => route !== undefined);
  if (routes.length === 0 || routes.length !== targets.length) return undefined;
  const isExplicit = targets.some((target) => target === endNode || isRecord(target));
  return isExplicit || run.sawState ? routes : undefined;
};
