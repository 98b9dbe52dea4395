/** What becomes of a thenable, whenever its caller asks. Called again each time it asks again. */
export interface ThenObserver {
  /** Returns what the caller is to get for the value. */
  readonly onValue: (value: unknown) => unknown;
  readonly onError: (error: unknown) => void;
}

type Then = (take: unknown, refuse: unknown) => unknown;

const observedThen =
  (thenable: object, original: Function, { onValue, onError }: ThenObserver): Then =>
  (take, refuse) =>
    Reflect.apply(original, thenable, [
      (value: unknown): unknown =>
        typeof take === "function" ? Reflect.apply(take, undefined, [onValue(value)]) : onValue(value),
      (error: unknown): unknown => {
        onError(error);
        if (typeof refuse === "function") return Reflect.apply(refuse, undefined, [error]);
        throw error;
      },
    ]);

/** `finally` by way of `then`, as the language defines it for promises. */
const settle = (then: Then, action: unknown): unknown => {
  if (typeof action !== "function") return then(action, action);
  return then(
    async (value: unknown) => {
      await Reflect.apply(action, undefined, []);
      return value;
    },
    async (error: unknown) => {
      await Reflect.apply(action, undefined, []);
      throw error;
    },
  );
};

/**
 * Looks on while a thenable settles: in place, and only when its caller asks for it by `then`, `catch` or `finally`, as a
 * thenable may do its work each time, the way query builders do.
 */
export const observeWhenAwaited = (thenable: object, observer: ThenObserver): void => {
  const original: unknown = Reflect.get(thenable, "then");
  if (typeof original !== "function") return;
  const then = observedThen(thenable, original, observer);
  // oxlint-disable-next-line unicorn/no-thenable -- it is one already; its own `then` is replaced by one that looks on
  Object.defineProperty(thenable, "then", { value: then, configurable: true, writable: true });
  // What is inherited from a promise calls `then` itself.
  const replace = (method: "catch" | "finally", byThen: (action: unknown) => unknown): void => {
    const own: unknown = Reflect.get(thenable, method);
    if (typeof own !== "function" || own === Promise.prototype[method]) return;
    // More arguments than one are of some library's own making, such as the classes of the errors to catch.
    const value = (...args: unknown[]): unknown =>
      args.length > 1 ? Reflect.apply(own, thenable, args) : byThen(args[0]);
    Object.defineProperty(thenable, method, { value, configurable: true, writable: true });
  };
  replace("catch", (refuse) => then(undefined, refuse));
  replace("finally", (action) => settle(then, action));
};
