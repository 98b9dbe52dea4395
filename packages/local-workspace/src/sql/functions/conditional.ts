import { direct, scalar, type FunctionRule, type FunctionRules } from "../function-call.ts";

const choose: FunctionRule = scalar(
  3,
  3,
  "unknown",
  ([condition = "", yes = "", no = ""]) => `CASE WHEN ${condition} THEN ${yes} ELSE ${no} END`,
);

export const conditionalRules: FunctionRules = {
  if: choose,
  iff: choose,
  coalesce: direct("coalesce", 1, Infinity),
  nvl: direct("coalesce", 2),
  ifnull: direct("coalesce", 2),
  nullif: direct("nullif", 2),
  nvl2: scalar(
    3,
    3,
    "unknown",
    ([x = "", yes = "", no = ""]) => `CASE WHEN ${x} IS NOT NULL THEN ${yes} ELSE ${no} END`,
  ),
  nullifzero: scalar(1, 1, "unknown", ([x = ""]) => `nullif(${x}, 0)`),
  zeroifnull: scalar(1, 1, "unknown", ([x = ""]) => `coalesce(${x}, 0)`),
  isnull: scalar(1, 1, "boolean", ([x = ""]) => `(${x} IS NULL)`),
  isnotnull: scalar(1, 1, "boolean", ([x = ""]) => `(${x} IS NOT NULL)`),
  equal_null: scalar(2, 2, "boolean", ([a = "", b = ""]) => `(${a} IS NOT DISTINCT FROM ${b})`),
};
