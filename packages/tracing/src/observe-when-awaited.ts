/** What becomes of a thenable, whenever its caller asks. Called again each time it asks again. */
export interface ThenObserver {
  /** Returns what the caller is to get for the value. */
  readonly onValue: (value: unknown) => unknown;
  readonly onError: (error: unknown) => void;
}

/**
 * Looks on while a thenable settles: in place, and only when its caller calls `then`, as a thenable may do its work each
 * time, the way query builders do.
 */
export const observeWhenAwaited = (thenable: object, { onValue, onError }: ThenObserver): void => {
  const original: unknown = Reflect.get(thenable, "then");
  if (typeof original !== "function") return;
  const then = (take: unknown, refuse: unknown): unknown =>
    Reflect.apply(original, thenable, [
      (value: unknown): unknown =>
        typeof take === "function" ? Reflect.apply(take, undefined, [onValue(value)]) : onValue(value),
      (error: unknown): unknown => {
        onError(error);
        if (typeof refuse === "function") return Reflect.apply(refuse, undefined, [error]);
        throw error;
      },
    ]);
  // oxlint-disable-next-line unicorn/no-thenable -- it is one already; its own `then` is replaced by one that looks on
  Object.defineProperty(thenable, "then", { value: then, configurable: true, writable: true });
};
