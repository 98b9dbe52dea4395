import { describe, expect, it } from "vitest";
import { formatDuration, formatTime } from "./duration.ts";

describe("formatDuration", () => {
  it.each([
    [0n, "0 ms"],
    [40_000n, "0.0 ms"],
    [412_000n, "0.4 ms"],
    [9_940_000n, "9.9 ms"],
    [9_960_000n, "10 ms"],
    [999_400_000n, "999 ms"],
    [999_600_000n, "1.00 s"],
    [1_240_000_000n, "1.24 s"],
    [59_990_000_000n, "59.99 s"],
    [59_999_000_000n, "1 m 00 s"],
    [125_000_000_000n, "2 m 05 s"],
    [3_725_000_000_000n, "1 h 02 m"],
    [-5_000_000n, "-5.0 ms"],
  ])("%i ns reads %s", (nanos, text) => {
    expect(formatDuration(nanos)).toBe(text);
  });
});

describe("formatTime", () => {
  it("gives the reader's own time", () => {
    const local = new Date(2026, 4, 4, 3, 7, 9);
    const unixNano = BigInt(local.getTime()) * 1_000_000n + 123n;
    expect(formatTime(unixNano)).toBe("2026-05-04 03:07:09");
    expect(formatTime(unixNano, { isShort: true })).toBe("05-04 03:07");
  });

  it("survives a time that no calendar has", () => {
    expect(formatTime(2n ** 63n * 1000n)).toBe("?");
  });
});
