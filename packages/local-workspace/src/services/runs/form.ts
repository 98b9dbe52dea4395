import { parseJson } from "@tracelake/wire";
import { z } from "zod";
import type { Run, RunMetric } from "../../store/runs.ts";

export const entrySchema = z.object({ key: z.string().min(1).max(250), value: z.string().max(8000) });

// JSON has no NaN and no infinities: protobuf writes them as texts.
const numberSchema = z.union([z.number(), z.enum(["NaN", "Infinity", "-Infinity"]).transform(Number)]);

const wholeSchema = z.union([
  z.int(),
  z
    .string()
    .regex(/^-?\d{1,15}$/)
    .transform(Number),
]);

export const metricSchema = z.object({
  key: z.string().min(1).max(250),
  value: numberSchema,
  timestamp: wholeSchema,
  step: wholeSchema.default(0),
});

export const statusSchema = z.enum(["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"]);

export const timeSchema = wholeSchema;

/** A metric in protobuf's JSON. */
export const metricAnswer = ({ key, value, timestamp, step }: RunMetric) => ({
  key,
  value: Number.isFinite(value) ? value : String(value),
  timestamp,
  step,
});

export const infoAnswer = (run: Run) => ({
  run_id: run.runId,
  run_uuid: run.runId,
  run_name: run.name,
  experiment_id: run.experimentId,
  user_id: run.userId,
  status: run.status,
  start_time: run.startTime,
  ...(run.endTime === undefined ? {} : { end_time: run.endTime }),
  artifact_uri: `dbfs:/databricks/mlflow-tracking/${run.experimentId}/${run.runId}/artifacts`,
  lifecycle_stage: run.stage,
});

/** A run in protobuf's JSON. */
export const runAnswer = (run: Run) => ({
  info: infoAnswer(run),
  data: { metrics: run.metrics.map(metricAnswer), params: run.params, tags: run.tags },
  inputs: { dataset_inputs: run.inputs.map((text) => parseJson(text)) },
});
