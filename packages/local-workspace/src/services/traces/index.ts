import { parseLocation, parseTraceId, toTraceLocation, writeSpanJson } from "@tracelake/wire";
import { traceInfoSchema } from "@tracelake/wire/schemas";
import type { Hono } from "hono";
import { z } from "zod";
import { readJson } from "../../http/json.ts";
import type { Service, ServiceContext } from "../service.ts";
import { linkedOnly, pageAnswer, SearchOperations, traceQueryIn } from "./search.ts";
import { idOf, locationIn, noTrace, traceIn } from "./trace-name.ts";

const base = "/api/4.0/mlflow/traces";

const tagSchema = z.object({ key: z.string().min(1).max(250), value: z.string().max(8000) });
const linkSchema = z.object({ trace_ids: z.array(z.string()).max(100), run_id: z.string().min(1) });

const mountInfo = (app: Hono, { store }: ServiceContext): void => {
  const path = `${base}/:location/:trace/info`;
  app.post(path, async (context) => {
    const trace = traceIn(context);
    const info = await readJson(context, traceInfoSchema);
    await store.traces.putTraceInfo(trace, info);
    const place = { trace_id: trace.otelTraceId, trace_location: toTraceLocation(parseLocation(trace.location)) };
    return context.json({ ...info, ...place });
  });
  app.get(path, async (context) => {
    const trace = traceIn(context);
    const [info] = await store.traces.getTraceInfos(trace.location, [trace.otelTraceId]);
    if (info === undefined) throw noTrace(idOf(trace));
    return context.json({ trace: { trace_info: info } });
  });
  app.get(`${base}/:location/batchGet`, async (context) => {
    const ids = (context.req.queries("trace_ids") ?? []).map((id) => parseTraceId(id).otelTraceId);
    const traces = await store.traces.getTraces(locationIn(context), ids);
    return context.json({
      traces: traces.map(({ info, spans }) => ({ trace_info: info, spans: spans.map(writeSpanJson) })),
    });
  });
};

const mountAccess = (app: Hono, { access }: ServiceContext): void => {
  app.use(`${base}/:location/*`, async (context, next) => {
    const location = context.req.param("location");
    if (location.includes(".")) await access.toUseTraces(context, location);
    return next();
  });
};

const mountSearch = (app: Hono, services: ServiceContext): void => {
  const { store } = services;
  const operations = new SearchOperations();
  const queryIn = traceQueryIn(services, linkedOnly(store));
  app.post(`${base}/search`, async (context) => {
    const query = await queryIn(context);
    return context.json(pageAnswer(await store.traces.searchTraces(query)));
  });
  app.post(`${base}/search-long-running`, async (context) => {
    const query = await queryIn(context);
    return context.json(await operations.start(() => store.traces.searchTraces(query)));
  });
  app.get(`${base}/search/operations/:name`, (context) => context.json(operations.latest(context.req.param("name"))));
};

const mountTags = (app: Hono, { store }: ServiceContext): void => {
  app.patch(`${base}/:location/:trace/tags`, async (context) => {
    const { location, otelTraceId } = traceIn(context);
    const { key, value } = await readJson(context, tagSchema);
    await store.traces.annotateTraces(location, [otelTraceId], { kind: "tag", key, value });
    return context.json({});
  });
  app.delete(`${base}/:location/:trace/tags/:key`, async (context) => {
    const { location, otelTraceId } = traceIn(context);
    const key = context.req.param("key");
    await store.traces.annotateTraces(location, [otelTraceId], { kind: "tag", key, value: undefined });
    return context.json({});
  });
};

const mountRunLinks = (app: Hono, { store }: ServiceContext): void => {
  const setLinks = (isDeleted: boolean) => async (context: Parameters<typeof locationIn>[0]) => {
    const { trace_ids: ids, run_id: runId } = await readJson(context, linkSchema);
    const otelTraceIds = ids.map((id) => parseTraceId(id).otelTraceId);
    await store.traces.annotateTraces(locationIn(context), otelTraceIds, { kind: "run-link", runId, isDeleted });
    return context.json({});
  };
  app.post(`${base}/:location/link-to-run/batchCreate`, setLinks(false));
  app.delete(`${base}/:location/unlink-from-run/batchDelete`, setLinks(true));
};

/**
 * Traces in Unity Catalog: what is known of them, their spans, searches, tags and links to runs. The answer to a POST of
 * a trace info is the bare info, that to a GET is wrapped.
 *
 * @see https://github.com/mlflow/mlflow/blob/master/mlflow/protos/databricks_tracing.proto
 */
export const tracesService: Service = {
  name: "traces",
  mount: (app, context) => {
    mountAccess(app, context);
    mountSearch(app, context);
    mountInfo(app, context);
    mountTags(app, context);
    mountRunLinks(app, context);
  },
};
