import { z } from "zod";
import type { JsonValue } from "../otlp/any-value.ts";
import { plainJson } from "../plain-json.ts";
import { traceLocationSchema } from "./trace-location.ts";

const errorSchema = z.looseObject({
  error_code: z.string().optional(),
  error_message: z.string().optional(),
  stack_trace: z.string().optional(),
});

// An assessment's numbers travel as doubles, however many digits their text has.
const valueSchema = z.preprocess((value) => plainJson(value as JsonValue), z.json()).optional();

/** A judgement: any JSON, or `null` and why there is none. */
const feedbackSchema = z.looseObject({ value: valueSchema, error: errorSchema.optional() });

/** What would have been right: a text, a number or a boolean in `value`, anything else as JSON text. */
const expectationSchema = z.looseObject({
  value: valueSchema,
  serialized_value: z.looseObject({ serialization_format: z.string(), value: z.string() }).optional(),
});

/**
 * What somebody said of a trace or of one of its spans: either `feedback` or `expectation`. In Unity Catalog `trace_id`
 * is the bare 32 hexadecimal characters. Times are RFC 3339.
 *
 * @see https://github.com/mlflow/mlflow/blob/master/mlflow/protos/databricks_tracing.proto
 */
export const assessmentSchema = z.looseObject({
  assessment_id: z.string().optional(),
  assessment_name: z.string(),
  trace_id: z.string().optional(),
  trace_location: traceLocationSchema.optional(),
  span_id: z.string().optional(),
  source: z.looseObject({ source_type: z.string().optional(), source_id: z.string().optional() }).optional(),
  create_time: z.string().optional(),
  last_update_time: z.string().optional(),
  feedback: feedbackSchema.optional(),
  expectation: expectationSchema.optional(),
  rationale: z.string().optional(),
  metadata: z.record(z.string(), z.string()).optional(),
  overrides: z.string().optional(),
  valid: z.boolean().optional(),
});

/** An assessment as {@link assessmentSchema} reads it, and as it is sent. */
export type Assessment = z.infer<typeof assessmentSchema>;

/** The answer of the assessment calls below `/api/3.0`; those below `/api/4.0` answer the assessment itself. */
export const assessmentAnswerSchema = z.looseObject({ assessment: assessmentSchema });
