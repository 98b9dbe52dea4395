import { formatLocation, formatTraceId, parseTraceId, toExperimentLocation, writeSpanJson } from "@tracelake/wire";
import { traceInfoSchema } from "@tracelake/wire/schemas";
import type { Context, Hono } from "hono";
import { z } from "zod";
import { doesNotExist, invalidParameter } from "../../http/errors.ts";
import { readJson, requiredQuery } from "../../http/json.ts";
import { Refusal } from "../../http/refusal.ts";
import { experimentLocation } from "../../store/traces/experiment-location.ts";
import type { WholeTrace } from "../../store/traces/trace-store.ts";
import { linkedLocation } from "../experiment-link.ts";
import type { Service, ServiceContext } from "../service.ts";
import { traceQueryIn, type ResolveExperiment } from "../traces/search.ts";
import { idOf, noTrace } from "../traces/trace-name.ts";
import { mountStorage } from "./storage.ts";
import { traceFor, traceNameOf } from "./trace-name.ts";

const base = "/api/3.0/mlflow/traces";

const startSchema = z.object({ trace: z.looseObject({ trace_info: traceInfoSchema }) });
const tagSchema = z.object({ key: z.string().min(1).max(250), value: z.string().max(8000) });
const tagKeySchema = z.object({ key: z.string().min(1).max(250) });
const idsSchema = z.object({ trace_ids: z.array(z.string()).max(500) });
const linkSchema = idsSchema.extend({ run_id: z.string().min(1) });
const deleteSchema = z.object({
  experiment_id: z.string(),
  request_ids: z.array(z.string()).max(1000).default([]),
  max_timestamp_millis: z.coerce.number().int().optional(),
  max_traces: z.int().positive().optional(),
});

const ownLocation = (experimentId: string): string => formatLocation(experimentLocation(experimentId));

const artifactTag = "mlflow.artifactLocation";

const mountStart = (app: Hono, { store }: ServiceContext): void => {
  app.post(base, async (context) => {
    const { trace } = await readJson(context, startSchema);
    const info = trace.trace_info;
    const experimentId = info.trace_location?.mlflow_experiment?.experiment_id;
    if (experimentId === undefined) throw new Refusal(invalidParameter("trace_location.mlflow_experiment is missing."));
    if ((await store.experiments.get({ experimentId })) === undefined) {
      throw new Refusal(doesNotExist(`No Experiment with id=${experimentId} exists`));
    }
    const { otelTraceId } = parseTraceId(info.trace_id);
    const id = formatTraceId(otelTraceId);
    const tags = { ...info.tags, [artifactTag]: `dbfs:/databricks/mlflow-tracking/${experimentId}/${id}` };
    await store.experiments.noteTrace(experimentId, otelTraceId);
    await store.traces.putTraceInfo({ location: ownLocation(experimentId), otelTraceId }, { ...info, tags });
    const answer = { ...info, trace_id: id, trace_location: toExperimentLocation(experimentId), tags };
    return context.json({ trace: { trace_info: answer } });
  });
};

const traceAnswer = ({ info, spans }: WholeTrace) => ({ trace_info: info, spans: spans.map(writeSpanJson) });

const mountReads = (app: Hono, services: ServiceContext): void => {
  const { store, access } = services;
  const readEach = async <Found>(
    context: Context,
    ids: readonly string[],
    read: (location: string, otelTraceIds: readonly string[]) => Promise<Found[]>,
  ): Promise<Found[]> => {
    const found: Found[] = [];
    for (const id of ids) {
      const trace = await traceNameOf(store, id);
      if (trace === undefined) continue;
      await access.toReadTraces(context, trace.location);
      found.push(...(await read(trace.location, [trace.otelTraceId])));
    }
    return found;
  };
  const wholeTraces = (context: Context, ids: readonly string[]): Promise<WholeTrace[]> =>
    readEach(context, ids, (...traces) => store.traces.getTraces(...traces));
  app.get(`${base}/get`, async (context) => {
    const id = requiredQuery(context, "trace_id");
    const [trace] = await wholeTraces(context, [id]);
    if (trace === undefined) throw noTrace(id);
    return context.json({ trace: traceAnswer(trace) });
  });
  app.get(`${base}/batchGet`, async (context) => {
    const traces = await wholeTraces(context, context.req.queries("trace_ids") ?? []);
    return context.json({ traces: traces.map(traceAnswer) });
  });
  app.post(`${base}/batchGetInfos`, async (context) => {
    const { trace_ids: ids } = await readJson(context, idsSchema);
    const infos = await readEach(context, ids, (...traces) => store.traces.getTraceInfos(...traces));
    return context.json({ trace_infos: infos });
  });
  const ofExperiment: ResolveExperiment = async (experimentId) => {
    const experiment = await store.experiments.get({ experimentId });
    const linked = experiment === undefined ? undefined : linkedLocation(experiment);
    return linked === undefined ? ownLocation(experimentId) : formatLocation(linked);
  };
  const queryIn = traceQueryIn(services, ofExperiment);
  app.post(`${base}/search`, async (context) => {
    const { infos, nextPageToken } = await store.traces.searchTraces(await queryIn(context));
    return context.json({ traces: infos, ...(nextPageToken === undefined ? {} : { next_page_token: nextPageToken }) });
  });
  app.get(`${base}/:trace`, async (context) => {
    const trace = await traceFor(services, context);
    const [info] = await store.traces.getTraceInfos(trace.location, [trace.otelTraceId]);
    if (info === undefined) throw noTrace(idOf(trace));
    return context.json({ trace: { trace_info: info } });
  });
};

const mountTags = (app: Hono, services: ServiceContext, path: string): void => {
  const annotate = async (context: Context, key: string, value: string | undefined) => {
    const { location, otelTraceId } = await traceFor(services, context);
    await services.store.traces.annotateTraces(location, [otelTraceId], { kind: "tag", key, value });
    return context.json({});
  };
  app.patch(path, async (context) => {
    const { key, value } = await readJson(context, tagSchema);
    return annotate(context, key, value);
  });
  app.delete(path, async (context) => {
    const { key } = await readJson(context, tagKeySchema);
    return annotate(context, key, undefined);
  });
};

const unityCatalogDelete =
  "Traces in Unity Catalog cannot be deleted one by one. Delete their rows with SQL: DELETE FROM <spans table> WHERE trace_id = '...'.";

const mountDelete = (app: Hono, { store }: ServiceContext, path: string): void => {
  app.post(path, async (context) => {
    const { experiment_id: experimentId, request_ids: ids, ...oldest } = await readJson(context, deleteSchema);
    if (ids.some((id) => parseTraceId(id).location !== undefined)) {
      throw new Refusal(invalidParameter(unityCatalogDelete));
    }
    const { max_timestamp_millis: latestMillis, max_traces: most } = oldest;
    if (ids.length > 0 === (latestMillis !== undefined)) {
      throw new Refusal(invalidParameter("Either max_timestamp_millis or request_ids must be given, and not both."));
    }
    const which =
      latestMillis === undefined
        ? { otelTraceIds: ids.map((id) => parseTraceId(id).otelTraceId) }
        : { latestMillis, most: most ?? Number.MAX_SAFE_INTEGER };
    const deleted = await store.traces.deleteTraces(ownLocation(experimentId), which);
    await store.experiments.forgetTraces(experimentId, deleted);
    return context.json({ traces_deleted: deleted.length });
  });
};

const mountRunLinks = (app: Hono, { store, access }: ServiceContext, path: string): void => {
  app.post(path, async (context) => {
    const { trace_ids: ids, run_id: runId } = await readJson(context, linkSchema);
    for (const id of ids) {
      const trace = await traceNameOf(store, id);
      if (trace === undefined) throw noTrace(id);
      await access.toChangeTraces(context, trace.location);
      await store.traces.annotateTraces(trace.location, [trace.otelTraceId], { kind: "run-link", runId });
    }
    return context.json({});
  });
};

/**
 * Traces that an experiment keeps itself.
 *
 * @see https://github.com/mlflow/mlflow/blob/master/mlflow/protos/service.proto
 */
export const experimentTracesService: Service = {
  name: "experiment-traces",
  mount: (app, context) => {
    mountStart(app, context);
    mountReads(app, context);
    // Clients of every release ask for these under the older version.
    for (const prefix of [base, "/api/2.0/mlflow/traces"]) {
      mountTags(app, context, `${prefix}/:trace/tags`);
      mountDelete(app, context, `${prefix}/delete-traces`);
      mountRunLinks(app, context, `${prefix}/link-to-run`);
    }
    mountStorage(app, context);
  },
};
