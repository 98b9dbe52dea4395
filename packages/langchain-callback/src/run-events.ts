import { safely } from "@tracelake/uc-exporter";
import { toPlainValue } from "./plain-value.ts";
import { findRun } from "./run-registry.ts";

/** Notes a piece of a model's answer. It is called for every one of them, so it does next to nothing. */
export const noteToken = (runId: unknown, token: unknown): void => {
  const run = findRun(runId);
  if (run === undefined) return;
  run.lastSeenMillis = performance.now();
  if (run.text === undefined) {
    run.text = [];
    const time_to_first_token_millis = Math.round(run.lastSeenMillis - run.startTimeMillis);
    if (!run.isHidden) safely(() => run.span?.addEvent("first_token", { time_to_first_token_millis }), undefined);
  }
  if (typeof token === "string" && token !== "") run.text.push(token);
};

/** Notes a value that a tool yielded before its result. */
export const noteToolEvent = (runId: unknown): void => {
  const run = findRun(runId);
  if (run === undefined) return;
  run.lastSeenMillis = performance.now();
  run.toolEvents++;
};

/** Adds an event to the run's span, or to that of the run above where it is hidden. */
export const addRunEvent = (runId: unknown, name: string, attributes: Readonly<Record<string, unknown>>): void => {
  const run = findRun(runId);
  if (run?.span === undefined || !run.span.isRecording) return;
  const plain = Object.entries(attributes).map(([key, value]) => [key, toPlainValue(value)] as const);
  run.span.addEvent(name, Object.fromEntries(plain));
};
