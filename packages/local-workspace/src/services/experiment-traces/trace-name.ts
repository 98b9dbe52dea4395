import { formatLocation, parseTraceId } from "@tracelake/wire";
import type { Context } from "hono";
import type { Store } from "../../store/store.ts";
import { experimentLocation } from "../../store/traces/experiment-location.ts";
import type { TraceName } from "../../store/traces/trace-store.ts";
import { noTrace } from "../traces/trace-name.ts";

/** A trace by an id of any form; in an experiment where it names no location. */
export const traceNameOf = async (store: Store, id: string): Promise<TraceName | undefined> => {
  const { otelTraceId, location } = parseTraceId(id);
  if (location !== undefined) return { location: formatLocation(location), otelTraceId };
  const experimentId = await store.experiments.ofTrace(otelTraceId);
  if (experimentId === undefined) return undefined;
  return { location: formatLocation(experimentLocation(experimentId)), otelTraceId };
};

/**
 * The trace that a path names.
 *
 * @throws {Refusal} where there is none.
 */
export const experimentTraceIn = async (store: Store, context: Context): Promise<TraceName> => {
  const id = context.req.param("trace") ?? "";
  const trace = /^(tr-)?[0-9a-f]{32}$|^trace:/.test(id) ? await traceNameOf(store, id) : undefined;
  if (trace === undefined) throw noTrace(id);
  return trace;
};
