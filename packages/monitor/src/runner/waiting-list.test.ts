import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { WaitingList } from "./waiting-list.ts";

const minute = 60_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a trace that waits", () => {
  it("waits longer each time that nothing was certain", () => {
    const waiting = new WaitingList(60 * minute);
    for (const pauseMillis of [1_000, 2_000, 4_000]) {
      waiting.add("a", 7, 1_000);
      vi.advanceTimersByTime(pauseMillis - 1);
      expect(waiting.isTooEarly("a")).toBe(true);
      vi.advanceTimersByTime(1);
      expect(waiting.isTooEarly("a")).toBe(false);
    }
    waiting.add("a", 7);
    expect(waiting.isTooEarly("a")).toBe(false);
  });

  it("waits no longer than it may, and says how long it still has", () => {
    const waiting = new WaitingList(60 * minute);
    expect(waiting.leftMillis("a")).toBe(60 * minute);
    waiting.add("a", 7, 40 * minute, waiting.leftMillis("a"));
    vi.advanceTimersByTime(40 * minute);
    expect(waiting.leftMillis("a")).toBe(20 * minute);
    waiting.add("a", 7, 40 * minute, waiting.leftMillis("a"));
    vi.advanceTimersByTime(20 * minute - 1);
    expect(waiting.isTooEarly("a")).toBe(true);
    vi.advanceTimersByTime(1);
    expect(waiting.isTooEarly("a")).toBe(false);
    expect(waiting.leftMillis("a")).toBe(0);
  });

  it("holds the next look back for ten minutes from when it was first seen, and is known for as long as it may be seen", () => {
    const waiting = new WaitingList(60 * minute);
    waiting.add("a", 7);
    vi.advanceTimersByTime(9 * minute);
    waiting.add("a", 7, 30 * minute);
    expect(waiting.oldestStartMillis()).toBe(7);
    expect(waiting.size).toBe(1);
    vi.advanceTimersByTime(2 * minute);
    expect(waiting.oldestStartMillis()).toBeUndefined();
    expect(waiting.size).toBe(0);
    expect(waiting.isTooEarly("a")).toBe(true);
    expect(waiting.forgetOld()).toEqual([]);
    vi.advanceTimersByTime(50 * minute);
    expect(waiting.forgetOld()).toEqual(["a"]);
    expect(waiting.seenMillis("a")).toBeUndefined();
  });
});
