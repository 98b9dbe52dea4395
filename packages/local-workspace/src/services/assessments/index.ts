import { parseTraceId, type Assessment } from "@tracelake/wire";
import { assessmentSchema } from "@tracelake/wire/schemas";
import type { Context, Hono } from "hono";
import { z } from "zod";
import { doesNotExist, invalidParameter } from "../../http/errors.ts";
import { readJson } from "../../http/json.ts";
import { Refusal } from "../../http/refusal.ts";
import { changeableFields, type ChangeableField, type NewAssessment } from "../../store/traces/assessments.ts";
import type { TraceName } from "../../store/traces/trace-store.ts";
import { traceFor } from "../experiment-traces/trace-name.ts";
import type { Service, ServiceContext } from "../service.ts";
import { idOf, locationIn, traceIn } from "../traces/trace-name.ts";

/** What differs between the APIs of the two generations of ids. */
interface Api {
  readonly path: string;
  readonly traceIn: (context: Context) => Promise<TraceName>;
  readonly read: (context: Context) => Promise<{ given: Partial<Assessment>; mask: string | undefined }>;
  readonly answer: (assessment: Assessment) => object;
}

const partial = assessmentSchema.partial();

const wrapped = z.object({ assessment: partial, update_mask: z.string().optional() });

/** A client writes `&update_mask=` behind the id where no `?` comes before. */
const idIn = (context: Context): { readonly assessmentId: string; readonly query: URLSearchParams } => {
  const [assessmentId = "", ...rest] = (context.req.param("assessment") ?? "").split("&");
  return { assessmentId, query: new URLSearchParams(rest.join("&")) };
};

const inUnityCatalog: Api = {
  path: "/api/4.0/mlflow/traces/:location/:trace/assessments",
  traceIn: async (context) => traceIn(context),
  read: async (context) => ({
    given: await readJson(context, partial),
    mask: context.req.query("update_mask") ?? idIn(context).query.get("update_mask") ?? undefined,
  }),
  answer: (assessment) => assessment,
};

const ofExperiments = (version: "2.0" | "3.0", services: ServiceContext): Api => ({
  path: `/api/${version}/mlflow/traces/:trace/assessments`,
  traceIn: (context) => traceFor(services, context),
  read: async (context) => {
    const { assessment, update_mask: mask } = await readJson(context, wrapped);
    return { given: assessment, mask };
  },
  answer: (assessment) => ({ assessment }),
});

const missing = (field: string): Refusal =>
  new Refusal(invalidParameter(`Missing required field: assessment.${field}`));

const complete = (given: Partial<Assessment>): Assessment => {
  const { assessment_name: name, source, feedback, expectation } = given;
  if (name === undefined || name === "") throw missing("assessment_name");
  if (!source?.source_type) throw missing("source.source_type");
  if (!source.source_id) throw missing("source.source_id");
  if ((feedback === undefined) === (expectation === undefined)) {
    throw new Refusal(invalidParameter("Exactly one of feedback or expectation must be given."));
  }
  return { ...given, assessment_name: name };
};

const camelToSnake = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const isChangeable = (name: string): name is ChangeableField => changeableFields.some((field) => field === name);

/** A field mask: in snake_case where it stands in a query, in camelCase where protobuf's JSON writes it. */
const fieldsOf = (mask: string | undefined): ChangeableField[] =>
  (mask ?? "")
    .split(",")
    .map((name) => camelToSnake(name.trim()))
    .filter((name) => name !== "")
    .map((name) => {
      if (isChangeable(name)) return name;
      throw new Refusal(invalidParameter(`Invalid field in update_mask: ${name}`));
    });

const batchSchema = z.object({
  assessments: z.array(partial.extend({ trace_id: z.string() })).max(1_000),
});

/** Ours alone: real workspaces take one assessment at a time, which costs more than what stands in it. */
const mountBatch = (app: Hono, { store, access }: ServiceContext): void => {
  app.post("/tracelake/traces/:location/assessments", async (context) => {
    const location = locationIn(context);
    await access.toChangeTraces(context, location);
    const { assessments } = await readJson(context, batchSchema);
    const created = assessments.map((given): NewAssessment => {
      const assessment = complete(given);
      if (assessment.overrides === undefined) {
        return { otelTraceId: parseTraceId(given.trace_id).otelTraceId, assessment };
      }
      throw new Refusal(invalidParameter("An assessment that overrides another one is logged by itself."));
    });
    return context.json({ assessment_ids: await store.traces.createAssessments(location, created) });
  });
};

const mountApi = (app: Hono, { store }: ServiceContext, api: Api): void => {
  app.post(api.path, async (context) => {
    const trace = await api.traceIn(context);
    const { given } = await api.read(context);
    const assessment = complete(given);
    return context.json(api.answer(await store.traces.createAssessment(trace, assessment)));
  });
  app.get(`${api.path}/:assessment`, async (context) => {
    const trace = await api.traceIn(context);
    const { assessmentId } = idIn(context);
    const found = await store.traces.getAssessment(trace, assessmentId);
    if (found !== undefined) return context.json(api.answer(found));
    throw new Refusal(doesNotExist(`Assessment with ID '${assessmentId}' not found for trace '${idOf(trace)}'`));
  });
  app.patch(`${api.path}/:assessment`, async (context) => {
    const trace = await api.traceIn(context);
    const { given, mask } = await api.read(context);
    const { assessmentId } = idIn(context);
    const changed = await store.traces.updateAssessment(trace, { assessmentId, fields: fieldsOf(mask), given });
    return context.json(api.answer(changed));
  });
  app.delete(`${api.path}/:assessment`, async (context) => {
    await store.traces.deleteAssessment(await api.traceIn(context), idIn(context).assessmentId);
    return context.json({});
  });
};

/**
 * Feedback and expectations.
 *
 * @see https://github.com/mlflow/mlflow/blob/master/mlflow/protos/assessments.proto
 */
export const assessmentsService: Service = {
  name: "assessments",
  mount: (app, context) => {
    for (const api of [inUnityCatalog, ofExperiments("3.0", context), ofExperiments("2.0", context)]) {
      mountApi(app, context, api);
    }
    mountBatch(app, context);
  },
};
