import { setTimeout as delay } from "node:timers/promises";
import { ErrorCode, TracelakeError } from "@tracelake/wire";

/** How writing a scoring ended. */
export type Written =
  | { readonly type: "written" }
  /** The lease has ended before anything was sent. */
  | { readonly type: "unsent" }
  /** The lease has ended between two writes, or nobody knows whether the workspace took one: the assessments will tell. */
  | { readonly type: "uncertain"; readonly error?: Error }
  | { readonly type: "rejected"; readonly error: Error }
  /** The workspace has said that it did not do it, and may do it later. */
  | { readonly type: "refused"; readonly error: Error }
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
const longestPauseMillis = 30_000;

const pauseMillis = (error: unknown, attempt: number): number => {
  const asked = TracelakeError.isInstance(error) ? error.answer?.retryAfterMillis : undefined;
  const own = firstPauseMillis * 2 ** (attempt - 1) * (0.5 + Math.random());
  return Math.min(asked ?? own, longestPauseMillis);
};

/** Writes, and again only where the workspace has said that it did not: nothing is said twice. @throws what `write` throws. */
export const repeatRefused = async <T>(write: () => Promise<T>): Promise<T> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await write();
    } catch (error) {
      if (!isRefusedForNow(error) || attempt >= mostAttempts) throw error;
      await delay(pauseMillis(error, attempt));
    }
  }
};

const isUncertain = (error: unknown): boolean => {
  const status = statusOf(error);
  return status === undefined || status >= 500 || status === 408;
};

/** Errors of what is to be written, before anything is sent. */
const unsendable: ReadonlySet<ErrorCode> = new Set([ErrorCode.CONFIG_OPTION_INVALID, ErrorCode.TRACE_ID_INVALID]);

const typeOf = (error: unknown): "uncertain" | "rejected" | "refused" | "forbidden" => {
  const code = TracelakeError.isInstance(error) ? error.code : undefined;
  if (code !== undefined && unsendable.has(code)) return "rejected";
  // Without credentials nothing is sent either, but the judgement is none the worse.
  if (code === ErrorCode.CONFIG_CREDENTIALS_MISSING) return "forbidden";
  if (isRefusedForNow(error)) return "refused";
  if (isUncertain(error)) return "uncertain";
  return [401, 403].includes(statusOf(error) ?? 0) ? "forbidden" : "rejected";
};

/** What became of a write that failed. */
export const unwritten = (error: unknown): Extract<Written, { readonly error?: Error }> => {
  const seen = error instanceof Error ? error : new Error(String(error));
  return { type: typeOf(error), error: seen };
};
