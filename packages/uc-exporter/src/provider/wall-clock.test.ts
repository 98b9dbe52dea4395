import { afterEach, describe, expect, it, vi } from "vitest";
import { wallMillis } from "./wall-clock.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

const readings = (count: number): number[] => Array.from({ length: count }, wallMillis);

describe("the clock of spans", () => {
  it("is in the millisecond that Date.now() says", () => {
    for (let left = 10_000; left > 0; left--) {
      const earliest = Date.now();
      const millis = wallMillis();
      expect(Math.floor(millis)).toBeGreaterThanOrEqual(earliest);
      expect(Math.floor(millis)).toBeLessThanOrEqual(Date.now());
    }
  });

  it("tells apart what happens in one millisecond, and never goes back", () => {
    const millis = readings(10_000);
    expect(millis).toEqual(millis.toSorted((a, b) => a - b));
    expect(new Set(millis).size).toBeGreaterThan(10 * new Set(millis.map(Math.floor)).size);
  });

  it.each([
    ["far ahead", 86_400_000],
    ["back", -86_400_000],
  ])("follows a clock that is set %s", (_, differenceMillis) => {
    wallMillis();
    const setMillis = Date.now() + differenceMillis;
    vi.spyOn(Date, "now").mockReturnValue(setMillis);
    const millis = readings(100);
    expect(new Set(millis.map(Math.floor))).toEqual(new Set([setMillis]));
    expect(millis).toEqual(millis.toSorted((a, b) => a - b));
  });
});
