import { z } from "zod";
import { traceInfoSchema } from "./trace-info.ts";
import { traceLocationSchema } from "./trace-location.ts";

/** The body of every search for traces. */
export const traceSearchSchema = z.looseObject({
  locations: z.array(traceLocationSchema).default([]),
  filter: z.string().optional(),
  max_results: z.int().optional(),
  order_by: z.array(z.string()).default([]),
  page_token: z.string().optional(),
  sql_warehouse_id: z.string().optional(),
});

/** A search as {@link traceSearchSchema} reads it; `max_results` is the size of a page. */
export type TraceSearch = z.infer<typeof traceSearchSchema>;

/** A page of traces below `/api/4.0`; without a token, there is no further one. */
export const tracePageSchema = z.looseObject({
  trace_infos: z.array(traceInfoSchema).default([]),
  next_page_token: z.string().optional(),
});

/** A page of traces below `/api/3.0`. */
export const experimentTracePageSchema = z.looseObject({
  traces: z.array(traceInfoSchema).default([]),
  next_page_token: z.string().optional(),
});

/**
 * A search that may take long: the answer of `…/traces/search-long-running`, and of asking for it again by its name.
 *
 * @see https://github.com/mlflow/mlflow/blob/master/mlflow/protos/databricks_tracing.proto
 */
export const traceSearchOperationSchema = z.looseObject({
  name: z.string().optional(),
  done: z.boolean().default(false),
  response: tracePageSchema.optional(),
  error: z
    .looseObject({
      error_code: z.string().optional(),
      message: z.string().optional(),
      stack_trace: z.string().optional(),
    })
    .optional(),
});

/** The state of a long search, as {@link traceSearchOperationSchema} reads it: once it is `done`, a page or an error. */
export type TraceSearchOperation = z.infer<typeof traceSearchOperationSchema>;

const traceSchema = z.looseObject({ trace_info: traceInfoSchema, spans: z.array(z.unknown()).default([]) });

/** One trace, with or without its spans: the answer of `…/info` and of `/api/3.0/mlflow/traces/get`. */
export const traceAnswerSchema = z.looseObject({ trace: traceSchema });

/** Whole traces: the answer of `…/traces/{location}/batchGet`. The spans are read by `readSpanJson`. */
export const traceBatchSchema = z.looseObject({
  traces: z.array(traceSchema).default([]),
});
