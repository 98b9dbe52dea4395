import { longestTimerMillis, quoteForMessage } from "@tracelake/wire";

/** When a piece of work has to be over. */
export interface Deadline {
  readonly timeoutMillis: number;
  /** Ends it before. */
  readonly signal: AbortSignal | undefined;
  /** Made where the time has run out. */
  readonly error: () => Error;
}

const errorOf = (reason: unknown): Error =>
  reason instanceof Error ? reason : new Error(`Stopped: ${quoteForMessage(reason)}`);

/**
 * Waits for work until its time has run out or its signal ends it, and tells the work by a signal of its own. Work that goes
 * on all the same is left to itself.
 */
export const withDeadline = async <T>(
  work: (signal: AbortSignal) => Promise<T>,
  { timeoutMillis, signal, error }: Deadline,
): Promise<T> => {
  const ending = new AbortController();
  const ended = new Promise<never>((_, reject) => {
    ending.signal.addEventListener("abort", () => reject(errorOf(ending.signal.reason)), { once: true });
  });
  // Not `AbortSignal.any`: a run's signal lasts for weeks, and would keep what Node.js 20 hangs on it for as long.
  const stop = (): void => ending.abort(signal?.reason);
  const timer = setTimeout(() => ending.abort(error()), Math.min(timeoutMillis, longestTimerMillis));
  if (signal?.aborted === true) stop();
  else signal?.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([work(ending.signal), ended]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
};
