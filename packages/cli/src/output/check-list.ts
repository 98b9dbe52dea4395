import type { JsonValue } from "@tracelake/wire";
import { CheckStatus, type Check } from "../doctor/check.ts";
import { printable } from "./printable-text.ts";
import type { Style } from "./style.ts";

const widestName = 13;

const markOf = (status: CheckStatus, style: Style): string => {
  switch (status) {
    case CheckStatus.OK:
      return style.green("✓");
    case CheckStatus.FAILED:
      return style.red("✗");
    default:
      return style.dim("–");
  }
};

/** A look as lines: what was seen, and below it what to do. */
export const renderCheck = ({ name, status, detail, remedy }: Check, style: Style): string[] => {
  const text = status === CheckStatus.SKIPPED ? style.dim(`not looked at: ${printable(detail)}`) : printable(detail);
  return [
    `${markOf(status, style)} ${style.bold(name.padEnd(widestName))} ${text}`,
    ...(remedy === undefined ? [] : [`  ${" ".repeat(widestName)} ${style.yellow("→")} ${printable(remedy)}`]),
  ];
};

/** All looks for programs. */
export const checksJson = (checks: readonly Check[]): JsonValue => ({
  ok: checks.every(({ status }) => status !== CheckStatus.FAILED),
  checks: checks.map(({ name, status, detail, remedy }) => ({ name, status, detail, remedy: remedy ?? null })),
});
