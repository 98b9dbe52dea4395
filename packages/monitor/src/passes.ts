import type { JsonValue } from "@tracelake/wire";

const passing: ReadonlySet<string> = new Set(["yes", "true", "pass"]);
const failing: ReadonlySet<string> = new Set(["no", "false", "fail"]);

/** Whether a value passes; `undefined` where it is no yes and no no. The same words as the ready query `quality` reads. */
export const passes = (value: JsonValue | undefined): boolean | undefined => {
  const text = typeof value === "boolean" ? String(value) : typeof value === "string" ? value.toLowerCase() : "";
  if (passing.has(text)) return true;
  return failing.has(text) ? false : undefined;
};
