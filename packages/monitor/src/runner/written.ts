import { TracelakeError } from "@tracelake/wire";

/** How writing a scoring ended. */
export type Written =
  | { readonly type: "written" }
  /** The lease has ended before anything was sent. */
  | { readonly type: "unsent" }
  /** The lease has ended between two writes, or nobody knows whether the workspace took one: the assessments will tell. */
  | { readonly type: "uncertain"; readonly error?: Error }
  | { readonly type: "rejected"; readonly error: Error };

const statusOf = (error: unknown): number | undefined =>
  TracelakeError.isInstance(error) ? error.httpStatus : undefined;

/** Whether the workspace has answered that it did not do it, and may do it soon. */
export const isRefusedForNow = (error: unknown): boolean => [429, 503].includes(statusOf(error) ?? 0);

const isUncertain = (error: unknown): boolean => {
  const status = statusOf(error);
  // One that is too busy refuses nothing for good.
  return status === undefined || status >= 500 || status === 408 || status === 429;
};

/** What became of a write that failed. */
export const unwritten = (error: unknown): Extract<Written, { readonly type: "uncertain" | "rejected" }> => {
  const seen = error instanceof Error ? error : new Error(String(error));
  return isUncertain(error) ? { type: "uncertain", error: seen } : { type: "rejected", error: seen };
};
