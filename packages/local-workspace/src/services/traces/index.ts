import { formatLocation, parseLocation, parseTraceId, toTraceLocation, traceInfoSchema } from "@tracelake/wire";
import type { Context } from "hono";
import { doesNotExist, errorResponse } from "../../http/errors.ts";
import { readJson } from "../../http/json.ts";
import type { Service } from "../service.ts";

const traceOf = (context: Context): { location: string; otelTraceId: string } => ({
  location: formatLocation(parseLocation(context.req.param("location") ?? "")),
  otelTraceId: parseTraceId(context.req.param("trace") ?? "").otelTraceId,
});

/**
 * What is known of a trace beside its spans. The answer to a POST is the bare trace info, that to a GET is wrapped.
 *
 * @see https://github.com/mlflow/mlflow/blob/master/mlflow/protos/databricks_tracing.proto
 */
export const tracesService: Service = {
  name: "traces",
  mount: (app, { store }) => {
    const path = "/api/4.0/mlflow/traces/:location/:trace/info";
    app.post(path, async (context) => {
      const { location, otelTraceId } = traceOf(context);
      const read = await readJson(context, traceInfoSchema);
      if ("refusal" in read) return errorResponse(context, read.refusal);
      await store.putTraceInfo(location, otelTraceId, read.value);
      return context.json({
        ...read.value,
        trace_id: otelTraceId,
        trace_location: toTraceLocation(parseLocation(location)),
      });
    });
    app.get(path, async (context) => {
      const { location, otelTraceId } = traceOf(context);
      const info = await store.getTraceInfo(location, otelTraceId);
      return info === undefined
        ? errorResponse(context, doesNotExist(`Trace ${otelTraceId} does not exist in ${location}.`))
        : context.json({ trace: { trace_info: info } });
    });
  },
};
