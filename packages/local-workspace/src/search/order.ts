import { ErrorCode, numericTraceKeys, quoteForMessage, TracelakeError } from "@tracelake/wire";

/** What traces can be ordered by. */
export type OrderKey =
  | "timestamp_ms"
  | "execution_time_ms"
  | "end_time_ms"
  | "status"
  | "request_id"
  | "name"
  | "run_id"
  | "experiment_id";

export interface OrderTerm {
  readonly key: OrderKey;
  readonly isDescending: boolean;
}

const keys: Readonly<Record<string, OrderKey>> = {
  ...numericTraceKeys,
  status: "status",
  request_id: "request_id",
  name: "name",
  run_id: "run_id",
  experiment_id: "experiment_id",
};

const term = (text: string): OrderTerm => {
  const [, name = "", direction = "ASC"] = /^\s*(\S+)(?:\s+(ASC|DESC))?\s*$/i.exec(text) ?? [];
  const bare = name.replaceAll("`", "").replace(/^(attributes?|trace)\./, "");
  const key = Object.hasOwn(keys, bare) ? keys[bare] : undefined;
  if (key !== undefined) return { key, isDescending: direction.toUpperCase() === "DESC" };
  throw new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, {
    failed: "Invalid order_by clause",
    seen: quoteForMessage(text),
    remedy: `Write one of ${Object.keys(keys).join(", ")}, followed by ASC or DESC.`,
  });
};

/**
 * The order of a search: as it was asked for, then the newest first, then by id, so that no two traces are alike.
 *
 * @throws {TracelakeError} `CONFIG_OPTION_INVALID`
 */
export const parseOrder = (orderBy: readonly string[]): OrderTerm[] => {
  const asked = orderBy.map(term);
  const usual: OrderTerm[] = [
    { key: "timestamp_ms", isDescending: true },
    { key: "request_id", isDescending: false },
  ];
  return [...asked, ...usual.filter(({ key }) => !asked.some((other) => other.key === key))];
};
