import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { noteDecided, noteRegistered } from "./unstarted.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("a process that goes on", () => {
  it("is told after a while of a scorer that it has registered and not started, once", () => {
    const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    noteRegistered({ experimentId: "1", name: "left" });
    noteRegistered({ experimentId: "1", name: "started" });
    noteDecided({ experimentId: "1", name: "started" });
    vi.advanceTimersByTime(30_000);
    expect(write).not.toHaveBeenCalled();
    vi.advanceTimersByTime(600_000);
    expect(write).toHaveBeenCalledOnce();
    expect(write.mock.calls[0]?.[0]).toMatch(/registered, but not started.*"left" \(experiment 1\)/);
  });
});
