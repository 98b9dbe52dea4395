import { isMainThread } from "node:worker_threads";

/** Whoever has something to keep when the process ends. */
export interface ProcessEndListener {
  /** Nothing else keeps the process alive; a promise does, and is waited for. */
  beforeExit(): void;
  /** The process ends now: only synchronous work is done. */
  exit(): void;
  /** A signal came that may end the process, or that its owner handles. */
  signal(): void;
}

const signals = ["SIGTERM", "SIGINT", "SIGHUP"] as const;
const listeners = new Set<ProcessEndListener>();
const signalListeners = new Set<ProcessEndListener>();

const onBeforeExit = (): void => {
  for (const listener of listeners) listener.beforeExit();
};

const onExit = (): void => {
  for (const listener of listeners) listener.exit();
};

// A listener takes the place of what the signal does by itself, and libraries restore that where theirs is the only one:
// so ours comes first, and is gone while the others look.
const onSignal = (signal: NodeJS.Signals): void => {
  for (const listener of signalListeners) listener.signal();
  process.removeListener(signal, onSignal);
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  else setImmediate(() => watchSignal(signal));
};

const watchSignal = (signal: NodeJS.Signals): void => {
  process.removeListener(signal, onSignal);
  if (signalListeners.size > 0) process.prependListener(signal, onSignal);
};

const watch = (listener: ProcessEndListener): void => {
  listeners.add(listener);
  if (listeners.size > 1) return;
  process.on("beforeExit", onBeforeExit);
  process.on("exit", onExit);
};

const watchSignals = (listener: ProcessEndListener): void => {
  signalListeners.add(listener);
  if (signalListeners.size === 1) for (const signal of signals) watchSignal(signal);
};

const unwatch = (listener: ProcessEndListener): void => {
  listeners.delete(listener);
  signalListeners.delete(listener);
  if (signalListeners.size === 0) for (const signal of signals) process.removeListener(signal, onSignal);
  if (listeners.size > 0) return;
  process.removeListener("beforeExit", onBeforeExit);
  process.removeListener("exit", onExit);
};

/**
 * Calls `listener` at the end of the process. The exit code, the signal and the handlers of others stay as they are.
 *
 * @returns how to stop that; no listener stays on `process` when nobody listens any more.
 */
export const watchProcessEnd = (
  listener: ProcessEndListener,
  options: { readonly handlesSignals: boolean },
): (() => void) => {
  watch(listener);
  // Worker threads get no signals.
  if (options.handlesSignals && isMainThread) watchSignals(listener);
  return () => unwatch(listener);
};
