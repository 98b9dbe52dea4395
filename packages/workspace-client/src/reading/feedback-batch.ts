import { ErrorCode, formatLocation, locationKey, TracelakeError } from "@tracelake/wire";
import type { Connection } from "../connection.ts";
import { isEndpointMissing } from "../refusal.ts";
import { request } from "../request.ts";
import { newFeedback, type LogFeedbackOptions } from "./assessments.ts";
import { addressOf, readingRemedies } from "./trace-address.ts";

/**
 * Says what is thought of several traces of one location in one request, all of it or nothing. Databricks' interface and
 * MLflow's take one thing at a time, by {@link logFeedback}: this is the local workspace's own.
 *
 * @returns `false` where the workspace has no such interface, and nothing was said.
 * @throws {TracelakeError} `CONFIG_OPTION_INVALID`, also where the traces are not all in one location of Unity Catalog;
 *   `TRACE_ID_INVALID`, `WORKSPACE_*`
 */
export const logFeedbackBatch = async (
  connection: Connection,
  feedbacks: readonly LogFeedbackOptions[],
  { timeoutMillis }: { readonly timeoutMillis?: number } = {},
): Promise<boolean> => {
  const addresses = feedbacks.map(addressOf);
  const places = new Set(addresses.map(({ location }) => location && locationKey(location)));
  const [location] = addresses.map((address) => address.location);
  if (places.size !== 1 || location === undefined) {
    throw new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, {
      failed: "The feedback cannot be logged together",
      seen: `traces of ${[...places].map((place) => place ?? "an experiment").join(", ") || "nowhere"}`,
      remedy: "Give traces of one location of Unity Catalog.",
    });
  }
  try {
    await request(connection, {
      method: "POST",
      path: `/tracelake/traces/${encodeURIComponent(formatLocation(location))}/assessments`,
      body: {
        assessments: feedbacks.map((feedback, index) => ({
          ...newFeedback(feedback),
          trace_id: addresses[index]?.otelTraceId,
        })),
      },
      maxAttempts: 1,
      ...(timeoutMillis === undefined ? {} : { timeoutMillis }),
      purpose: `Logging ${feedbacks.length} assessments`,
      remedies: readingRemedies(location),
    });
    return true;
  } catch (error) {
    if (isEndpointMissing(error)) return false;
    throw error;
  }
};
