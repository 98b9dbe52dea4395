import { Allowance, currentCapturePolicy, safely } from "@tracelake/uc-exporter/plugin";
import { toPlainValue } from "./plain-value.ts";
import { findRun } from "./run-registry.ts";
import type { RecordingOptions, Run } from "./run.ts";

/** A run that is recorded with `options`: where two handlers see it, it is told everything twice. */
const findOwnRun = (runId: unknown, options: RecordingOptions): Run | undefined => {
  const run = findRun(runId);
  return run?.options === options ? run : undefined;
};

const beginText = (run: Run): void => {
  run.text = "";
  const { content, maxValueBytes } = currentCapturePolicy();
  if (content && run.span?.isRecording === true) run.allowance = new Allowance(maxValueBytes);
  const time_to_first_token_millis = Math.round(run.lastSeenMillis - run.startTimeMillis);
  if (!run.isHidden) safely(() => run.span?.addEvent("first_token", { time_to_first_token_millis }), undefined);
};

/** Notes a piece of a model's answer. It is called for every one of them, so it does next to nothing. */
export const noteToken = (runId: unknown, token: unknown, options: RecordingOptions): void => {
  const run = findOwnRun(runId, options);
  if (run === undefined) return;
  run.lastSeenMillis = performance.now();
  if (run.text === undefined) beginText(run);
  if (run.allowance !== undefined && typeof token === "string" && token !== "")
    run.text = run.allowance.append(run.text, token);
};

/** Notes a value that a tool yielded before its result. */
export const noteToolEvent = (runId: unknown, options: RecordingOptions): void => {
  const run = findOwnRun(runId, options);
  if (run === undefined) return;
  run.lastSeenMillis = performance.now();
  run.toolEvents++;
};

/** What a run tells of itself: a name, and attributes. */
interface RunEvent {
  readonly name: string;
  readonly [attribute: string]: unknown;
}

/** Adds an event to the run's span, or to that of the run above where it is hidden. */
export const addRunEvent = (runId: unknown, { name, ...attributes }: RunEvent, options: RecordingOptions): void => {
  const run = findOwnRun(runId, options);
  if (run?.span === undefined || !run.span.isRecording) return;
  const plain = Object.entries(attributes).map(([key, value]) => [key, toPlainValue(value)] as const);
  run.span.addEvent(name, Object.fromEntries(plain));
};
