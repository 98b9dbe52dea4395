import { isThenable, safely } from "@tracelake/tracing";
import { longestTimerMillis } from "@tracelake/wire";
import { flush } from "../start.ts";
import { observeBodyEnd } from "./body-end.ts";
import { findRemainingMillis, findWaitUntil, type WaitUntil } from "./platform.ts";

/** What {@link withFlush} may be told. */
export interface WithFlushOptions {
  /** How long the flush may take. Default 2,000, and never more than AWS Lambda has left, less 500. */
  readonly timeoutMillis?: number;
  /**
   * Keeps the function alive after its answer, such as Next.js's `after`. By default what the platform offers is found:
   * a `waitUntil` of one of the handler's arguments (Cloudflare, Netlify), or Vercel's or Next.js's for the request.
   */
  readonly waitUntil?: WaitUntil;
  /** What is flushed. Default what `start` started; for an OpenTelemetry SDK of your own, its `forceFlush`. */
  readonly flush?: (timeoutMillis: number) => Promise<unknown>;
}

const longestMillis = 2_000;
const reservedMillis = 500;

const deadlineOf = (args: readonly unknown[], { timeoutMillis = longestMillis }: WithFlushOptions): number => {
  const remaining = findRemainingMillis(args) ?? Number.POSITIVE_INFINITY;
  return Math.max(Math.min(timeoutMillis, remaining - reservedMillis, longestTimerMillis), 0);
};

/** One call of the handler, and the flush that follows it. */
class HandledCall {
  readonly #args: readonly unknown[];
  readonly #options: WithFlushOptions;
  readonly #waitUntil: WaitUntil | undefined;

  constructor(args: readonly unknown[], options: WithFlushOptions) {
    this.#args = args;
    this.#options = options;
    this.#waitUntil = options.waitUntil ?? findWaitUntil(args);
  }

  /** The result, once its spans are on their way as far as this platform allows. */
  finish(result: unknown): unknown {
    if (isThenable(result)) {
      return Promise.resolve(result).then(
        (value) => this.#afterResult(value),
        async (error: unknown) => {
          await this.flush();
          throw error;
        },
      );
    }
    const observed = safely(() => observeBodyEnd(result, () => this.flush()), undefined);
    if (observed === undefined) void this.flush();
    return observed ?? result;
  }

  /** Resolves when the answer may go out. Never rejects. */
  flush(): Promise<void> {
    const done = this.#flushNow();
    if (this.#waitUntil === undefined) return done;
    try {
      this.#waitUntil(done);
      return Promise.resolve();
    } catch {
      return done;
    }
  }

  async #afterResult(value: unknown): Promise<unknown> {
    const observed = safely(() => observeBodyEnd(value, () => this.flush()), undefined);
    if (observed !== undefined) return observed;
    await this.flush();
    return value;
  }

  async #flushNow(): Promise<void> {
    const { flush: flushOwn } = this.#options;
    const timeoutMillis = deadlineOf(this.#args, this.#options);
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => (timer = setTimeout(resolve, timeoutMillis)));
    try {
      const work = flushOwn === undefined ? flush({ timeoutMillis }) : flushOwn(timeoutMillis);
      await Promise.race([work, deadline]);
    } catch {
      // A flush that fails is no reason to fail a request.
    } finally {
      clearTimeout(timer);
    }
  }
}

/**
 * The same handler for a platform that freezes or ends the process between requests (AWS Lambda, Vercel, Cloudflare,
 * Netlify, Cloud Run): what each call recorded is flushed after it. Where the platform can keep the function alive after
 * its answer, the answer does not wait; elsewhere it waits for at most two seconds, and on AWS Lambda never past half a second
 * before the call's time is over. The flush for a `Response` follows the end of its body, so that what a stream records is
 * flushed too; a promise is needed for anything else to be waited for.
 *
 * @returns what `handler` returns, and throws what it throws; a `Response` with a body is a copy that passes it on.
 */
export const withFlush = <F extends (...args: never[]) => unknown>(handler: F, options: WithFlushOptions = {}): F =>
  new Proxy(handler, {
    apply: (target, thisArgument: unknown, args: unknown[]): unknown => {
      const call = new HandledCall(args, options);
      let result: unknown;
      try {
        result = Reflect.apply(target, thisArgument, args);
      } catch (error) {
        void call.flush();
        throw error;
      }
      return call.finish(result);
    },
  });
