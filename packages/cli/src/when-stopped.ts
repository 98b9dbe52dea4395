const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Waits for a signal to stop, or until nobody waits any more. A second signal finds no listener and ends the process. */
export const whenStopped = (over?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const stop = (): void => {
      for (const signal of signals) process.off(signal, stop);
      resolve();
    };
    for (const signal of signals) process.on(signal, stop);
    over?.addEventListener("abort", stop, { once: true });
  });
