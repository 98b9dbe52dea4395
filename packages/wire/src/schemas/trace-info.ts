import { z } from "zod";
import { assessmentSchema } from "./assessment.ts";
import { traceLocationSchema } from "./trace-location.ts";

/**
 * What MLflow knows of a trace beside its spans: the bare body of `POST …/traces/{location}/{id}/info`.
 *
 * `trace_id` is the bare 32 hexadecimal characters in Unity Catalog and `tr-…` elsewhere; `request_time` is RFC 3339;
 * `execution_duration` is seconds as text, such as `"0.303s"`.
 */
export const traceInfoSchema = z.looseObject({
  trace_id: z.string(),
  client_request_id: z.string().optional(),
  trace_location: traceLocationSchema.optional(),
  request_preview: z.string().optional(),
  response_preview: z.string().optional(),
  request_time: z.string().optional(),
  execution_duration: z.string().optional(),
  state: z.string().optional(),
  trace_metadata: z.record(z.string(), z.string()).default({}),
  tags: z.record(z.string(), z.string()).default({}),
  assessments: z.array(assessmentSchema).optional(),
});

/** A trace info as {@link traceInfoSchema} reads it, and as it is sent. */
export type TraceInfo = z.infer<typeof traceInfoSchema>;
