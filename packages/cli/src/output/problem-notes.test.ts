import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { problemNotes } from "./problem-notes.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

it("a problem of each trace is told a few times a minute, and counted otherwise", () => {
  const told: string[] = [];
  const { note, end } = problemNotes((text) => told.push(text));
  for (let index = 0; index < 1_000; index += 1) note(`problem ${index}`);
  expect(told).toHaveLength(10);
  vi.advanceTimersByTime(60_000);
  note("another");
  expect(told.slice(10)).toEqual(["… and 990 more problems", "another"]);
  end();
  expect(told).toHaveLength(12);
});
