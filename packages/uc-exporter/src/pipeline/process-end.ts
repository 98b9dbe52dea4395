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

const onBeforeExit = (): void => {
  for (const listener of listeners) listener.beforeExit();
};

const onExit = (): void => {
  for (const listener of listeners) listener.exit();
};

const onSignal = (signal: NodeJS.Signals): void => {
  for (const listener of listeners) listener.signal();
  // A listener of ours takes the place of what the signal does by itself; where there is no other, that is restored.
  if (process.listenerCount(signal) > 1) return;
  process.removeListener(signal, onSignal);
  process.kill(process.pid, signal);
};

const install = (handlesSignals: boolean): void => {
  process.on("beforeExit", onBeforeExit);
  process.on("exit", onExit);
  // Worker threads get no signals.
  if (handlesSignals && isMainThread) for (const signal of signals) process.on(signal, onSignal);
};

const uninstall = (): void => {
  process.removeListener("beforeExit", onBeforeExit);
  process.removeListener("exit", onExit);
  for (const signal of signals) process.removeListener(signal, onSignal);
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
  if (listeners.size === 0) install(options.handlesSignals);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) uninstall();
  };
};
