import { expect, it } from "vitest";
import { sparkline } from "./sparkline.ts";

it("draws a bar for each share, and a dot where there is none", () => {
  expect(sparkline([0, 0.5, 1, undefined, 0.99, 0.12])).toBe("▁▅█·█▁");
});
