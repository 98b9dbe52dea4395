import { setTimeout as pause } from "node:timers/promises";

const usualGraceMillis = 10_000;

/** How long to wait before interrupting again: what was interrupted may have gone on with something else. */
const againMillis = 1_000;

/** Waits until all work has ended, whatever comes of it; what takes longer than the grace time is interrupted. */
export const settle = async (
  work: readonly Promise<unknown>[],
  interrupt: () => void,
  graceMillis = usualGraceMillis,
): Promise<void> => {
  const ended = Promise.allSettled(work).then(() => true);
  const within = (millis: number): Promise<boolean> => Promise.race([ended, pause(millis, false, { ref: false })]);
  for (let millis = graceMillis; !(await within(millis)); millis = againMillis) interrupt();
};
