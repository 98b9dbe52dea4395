import { describe, expect, it } from "vitest";
import { readRetryAfterMillis } from "./retry-after.ts";

describe("Retry-After", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  it.each([
    ["0", 250],
    ["1", 1_000],
    ["2.5", 2_500],
    ["100000", 15 * 60_000],
    ["-5", 250],
    ["Thu, 01 Jan 2026 00:00:30 GMT", 30_000],
    ["Thu, 01 Jan 1970 00:00:00 GMT", 250],
    ["soon", undefined],
    ["", undefined],
    [undefined, undefined],
  ])("of %j is %j ms", (header, expected) => {
    expect(readRetryAfterMillis(header, now)).toBe(expected);
  });
});
