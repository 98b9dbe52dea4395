import { expect, it } from "vitest";
import { makeTrace } from "../../test/make-trace.ts";
import { hasEnded } from "./trace-times.ts";

const { info } = makeTrace();

it.each([
  ["OK", 1, true],
  ["ERROR", undefined, true],
  // OpenTelemetry's own SDKs leave the status of what succeeds unset.
  ["STATE_UNSPECIFIED", 1, true],
  ["STATE_UNSPECIFIED", undefined, false],
  ["IN_PROGRESS", undefined, false],
  ["IN_PROGRESS", 1, false],
])("a trace of state %s that took %s ms is over: %s", (state, durationMillis, isOver) => {
  expect(hasEnded({ ...info, state, durationMillis })).toBe(isOver);
});
