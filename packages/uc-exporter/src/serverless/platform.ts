/** How a platform is asked to keep a function alive until some work is done, although its answer is out. */
export type WaitUntil = (work: Promise<unknown>) => void;

type Method = (...args: unknown[]) => unknown;

const read = (target: unknown, key: PropertyKey): unknown => {
  try {
    return (typeof target === "object" && target !== null) || typeof target === "function"
      ? (Reflect.get(target, key) as unknown)
      : undefined;
  } catch {
    return undefined;
  }
};

const methodOf = (target: unknown, key: PropertyKey): Method | undefined => {
  const method = read(target, key);
  return typeof method === "function" ? (...args) => Reflect.apply(method, target, args) as unknown : undefined;
};

// What Vercel's and Next.js's own `waitUntil` read: https://vercel.com/docs/functions/functions-api-reference/vercel-functions-package#waituntil
const requestContexts = [Symbol.for("@vercel/request-context"), Symbol.for("@next/request-context")];

/** What the platform offers for the request with these arguments: Cloudflare's and Netlify's context, Vercel's, Next.js's. */
export const findWaitUntil = (args: readonly unknown[]): WaitUntil | undefined => {
  for (const argument of args) {
    const method = methodOf(argument, "waitUntil");
    if (method !== undefined) return method;
  }
  for (const symbol of requestContexts) {
    try {
      const method = methodOf(methodOf(read(globalThis, symbol), "get")?.(), "waitUntil");
      if (method !== undefined) return method;
    } catch {
      // Outside of a request there is none.
    }
  }
  return undefined;
};

/**
 * How long the platform still gives this call, as AWS Lambda's context says.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html
 */
export const findRemainingMillis = (args: readonly unknown[]): number | undefined => {
  for (const argument of args) {
    try {
      const remaining = methodOf(argument, "getRemainingTimeInMillis")?.();
      if (typeof remaining === "number" && Number.isFinite(remaining)) return remaining;
    } catch {
      // Not a context that knows.
    }
  }
  return undefined;
};
