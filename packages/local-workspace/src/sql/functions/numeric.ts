import { callMacro, emitted } from "../emitted.ts";
import {
  argumentAt,
  checkCount,
  checkScalar,
  direct,
  scalar,
  type FunctionRule,
  type FunctionRules,
} from "../function-call.ts";

const round: FunctionRule = (call, writer) => {
  checkScalar(call);
  checkCount(call, 1, 2);
  const digits = call.args[1] === undefined ? emitted("0", "integer") : writer.value(argumentAt(call, 1));
  return callMacro("tl_round", [writer.value(argumentAt(call, 0)), digits]);
};

/** @see https://docs.databricks.com/aws/en/sql/language-manual/sql-ref-functions-builtin */
export const numericRules: FunctionRules = {
  abs: direct("abs", 1),
  ceil: direct("tl_ceil", 1, 1, "integer"),
  ceiling: direct("tl_ceil", 1, 1, "integer"),
  floor: direct("tl_floor", 1, 1, "integer"),
  round,
  sqrt: direct("sqrt", 1, 1, "double"),
  cbrt: direct("cbrt", 1, 1, "double"),
  exp: direct("exp", 1, 1, "double"),
  ln: scalar(1, 1, "double", ([x = ""]) => `tl_ln(${x})`),
  log: scalar(1, 2, "double", ([first = "", second]) =>
    second === undefined ? `tl_ln(${first})` : `(tl_ln(${second}) / tl_ln(${first}))`,
  ),
  log2: scalar(1, 1, "double", ([x = ""]) => `CASE WHEN ${x} > 0 THEN log2(${x}) END`),
  log10: scalar(1, 1, "double", ([x = ""]) => `CASE WHEN ${x} > 0 THEN log10(${x}) END`),
  pow: direct("pow", 2, 2, "double"),
  power: direct("pow", 2, 2, "double"),
  sign: scalar(1, 1, "double", ([x = ""]) => `CAST(sign(${x}) AS DOUBLE)`),
  signum: scalar(1, 1, "double", ([x = ""]) => `CAST(sign(${x}) AS DOUBLE)`),
  mod: direct("tl_mod", 2),
  pmod: direct("tl_pmod", 2),
  greatest: direct("greatest", 2, Infinity),
  least: direct("least", 2, Infinity),
  pi: direct("pi", 0, 0, "double"),
  rand: direct("random", 0, 0, "double"),
  random: direct("random", 0, 0, "double"),
  isnan: scalar(1, 1, "boolean", ([x = ""]) => `coalesce(isnan(CAST(${x} AS DOUBLE)), FALSE)`),
  nanvl: scalar(2, 2, "double", ([x = "", y = ""]) => `CASE WHEN isnan(CAST(${x} AS DOUBLE)) THEN ${y} ELSE ${x} END`),
  negative: scalar(1, 1, "unknown", ([x = ""]) => `(- ${x})`),
  positive: scalar(1, 1, "unknown", ([x = ""]) => x),
  try_divide: scalar(2, 2, "double", ([a = "", b = ""]) => `(${a} / nullif(${b}, 0))`),
  try_mod: scalar(2, 2, "unknown", ([a = "", b = ""]) => `(${a} % nullif(${b}, 0))`),
  try_add: scalar(2, 2, "unknown", ([a = "", b = ""]) => `TRY(${a} + ${b})`),
  try_subtract: scalar(2, 2, "unknown", ([a = "", b = ""]) => `TRY(${a} - ${b})`),
  try_multiply: scalar(2, 2, "unknown", ([a = "", b = ""]) => `TRY(${a} * ${b})`),
};
