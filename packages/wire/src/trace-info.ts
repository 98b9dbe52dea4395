import { z } from "zod";
import { traceLocationSchema } from "./trace-location.ts";

/** How a trace ended, as MLflow names it. */
export const TraceState = {
  STATE_UNSPECIFIED: "STATE_UNSPECIFIED",
  OK: "OK",
  ERROR: "ERROR",
  IN_PROGRESS: "IN_PROGRESS",
} as const;
export type TraceState = (typeof TraceState)[keyof typeof TraceState];

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
});

export type TraceInfo = z.infer<typeof traceInfoSchema>;

/** MLflow cuts these on the way to a workspace; the previews have a limit of their own. */
export const traceInfoLimits = {
  metadataCharacters: 250,
  tagKeyCharacters: 250,
  tagValueCharacters: 4096,
  previewCharacters: 10_000,
  previewCharactersOnMlflowServer: 1_000,
} as const;
