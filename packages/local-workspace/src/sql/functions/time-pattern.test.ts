import { expect, it } from "vitest";

import { toDuckTimePattern } from "./time-pattern.ts";

it.each([
  ["yyyy-MM-dd HH:mm:ss", "%Y-%m-%d %H:%M:%S"],
  ["yyyy-MM-dd'T'HH:mm:ss.SSS", "%Y-%m-%dT%H:%M:%S.%g"],
  ["EEE, d MMM", "%a, %-d %b"],
  ["''yyyy'%'", "'%Y%%"],
])("writes %s as %s", (java, duck) => {
  expect(toDuckTimePattern(java)).toBe(duck);
});

it.each(["yy", "XXX", "w", "'open", "[yyyy]", "S"])("refuses %s, which has no counterpart", (java) => {
  expect(() => toDuckTimePattern(java)).toThrow(/datetime pattern/);
});
