import { formatLocation, formatTraceId, parseLocation, parseTraceId } from "@tracelake/wire";
import type { Context } from "hono";
import { doesNotExist } from "../../http/errors.ts";
import { Refusal } from "../../http/refusal.ts";
import { experimentOfLocation } from "../../store/traces/experiment-location.ts";
import type { TraceName } from "../../store/traces/trace-store.ts";

/** The location that a path names. */
export const locationIn = (context: Context): string =>
  formatLocation(parseLocation(context.req.param("location") ?? ""));

/** The trace that a path names, with its location. */
export const traceIn = (context: Context): TraceName => ({
  location: locationIn(context),
  otelTraceId: parseTraceId(context.req.param("trace") ?? "").otelTraceId,
});

/** The id of a trace as its users write it. */
export const idOf = ({ location, otelTraceId }: TraceName): string => {
  const parsed = parseLocation(location);
  return experimentOfLocation(parsed) === undefined ? formatTraceId(otelTraceId, parsed) : formatTraceId(otelTraceId);
};

export const noTrace = (id: string): Refusal => new Refusal(doesNotExist(`Trace with ID '${id}' not found.`));
