import { setTimeout as delay } from "node:timers/promises";
import { TracelakeError } from "@tracelake/wire";

/** How writing a scoring ended. */
export type Written =
  | { readonly type: "written" }
  /** The lease has ended before anything was sent. */
  | { readonly type: "unsent" }
  /** The lease has ended between two writes, or nobody knows whether the workspace took one: the assessments will tell. */
  | { readonly type: "uncertain"; readonly error?: Error }
  | { readonly type: "rejected"; readonly error: Error }
  /** Nobody but the owner of the credentials is refused: it says nothing of the judgement, which can be written later. */
  | { readonly type: "forbidden"; readonly error: Error };

const statusOf = (error: unknown): number | undefined =>
  TracelakeError.isInstance(error) ? error.httpStatus : undefined;

/** Whether the workspace has answered that it did not do it, and may do it soon. */
export const isRefusedForNow = (error: unknown): boolean => {
  const status = statusOf(error);
  // A proxy also says 503 of what it has handed on; the workspace's own answers have a code.
  const isOfWorkspace = TracelakeError.isInstance(error) && error.answer?.errorCode !== undefined;
  return status === 429 || (status === 503 && isOfWorkspace);
};

const mostAttempts = 4;
const firstPauseMillis = 500;

/** Writes, and again only where the workspace has said that it did not: nothing is said twice. @throws what `write` throws. */
export const repeatRefused = async <T>(write: () => Promise<T>): Promise<T> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await write();
    } catch (error) {
      if (!isRefusedForNow(error) || attempt >= mostAttempts) throw error;
      await delay(firstPauseMillis * 2 ** (attempt - 1) * (0.5 + Math.random()));
    }
  }
};

const isUncertain = (error: unknown): boolean => {
  const status = statusOf(error);
  // One that is too busy refuses nothing for good.
  return status === undefined || status >= 500 || status === 408 || status === 429;
};

const typeOf = (error: unknown): "uncertain" | "rejected" | "forbidden" => {
  if (isUncertain(error)) return "uncertain";
  return [401, 403].includes(statusOf(error) ?? 0) ? "forbidden" : "rejected";
};

/** What became of a write that failed. */
export const unwritten = (error: unknown): Extract<Written, { readonly error?: Error }> => {
  const seen = error instanceof Error ? error : new Error(String(error));
  return { type: typeOf(error), error: seen };
};
