import { formatLocation, parseLocation, parseTraceId } from "@tracelake/wire";
import type { Context } from "hono";
import type { Store } from "../../store/store.ts";
import { experimentLocation, experimentOfLocation } from "../../store/traces/experiment-location.ts";
import type { TraceName } from "../../store/traces/trace-store.ts";
import type { ServiceContext } from "../service.ts";
import { idOf, noTrace } from "../traces/trace-name.ts";

/** A trace by an id of any form; in an experiment where it names no location. */
export const traceNameOf = async (store: Store, id: string): Promise<TraceName | undefined> => {
  const { otelTraceId, location } = parseTraceId(id);
  if (location !== undefined) return { location: formatLocation(location), otelTraceId };
  const experimentId = await store.experiments.ofTrace(otelTraceId);
  if (experimentId === undefined) return undefined;
  return { location: formatLocation(experimentLocation(experimentId)), otelTraceId };
};

const traceInPath = async (store: Store, context: Context): Promise<TraceName> => {
  const id = context.req.param("trace") ?? "";
  const trace = /^(tr-)?[0-9a-f]{32}$|^trace:/.test(id) ? await traceNameOf(store, id) : undefined;
  if (trace === undefined) throw noTrace(id);
  return trace;
};

/**
 * The trace that a path names, to do what the request's method says.
 *
 * @throws {Refusal} where there is none, or a privilege is missing.
 */
export const traceFor = async ({ store, access }: ServiceContext, context: Context): Promise<TraceName> => {
  const trace = await traceInPath(store, context);
  await access.toUseTraces(context, trace.location);
  return trace;
};

/**
 * The trace that a path names, which an experiment keeps itself.
 *
 * @throws {Refusal} where there is none.
 */
export const experimentTraceIn = async (store: Store, context: Context): Promise<TraceName> => {
  const trace = await traceInPath(store, context);
  if (experimentOfLocation(parseLocation(trace.location)) === undefined) throw noTrace(idOf(trace));
  return trace;
};
