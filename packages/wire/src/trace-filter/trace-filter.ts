import { TraceMetadataKey, TraceTagKey } from "../attribute-keys.ts";
import { ErrorCode, TracelakeError } from "../errors.ts";
import { quoteForMessage } from "../quote.ts";
import { tokenize, type FilterToken } from "./filter-tokens.ts";

/** What a condition looks at. */
export type FilterEntity = "attribute" | "tag" | "metadata" | "span" | "feedback" | "expectation" | "issue";

/** How a condition compares. In `LIKE` and `ILIKE` a `%` stands for any text, `ILIKE` ignores case, and `RLIKE` takes a regular expression. */
export type FilterComparator =
  | "="
  | "!="
  | "<"
  | "<="
  | ">"
  | ">="
  | "IN"
  | "NOT IN"
  | "LIKE"
  | "ILIKE"
  | "RLIKE"
  | "IS NULL"
  | "IS NOT NULL";

/** One condition of a filter: all of a filter's conditions have to hold. */
export interface FilterCondition {
  readonly entity: FilterEntity;
  readonly key: string;
  readonly comparator: FilterComparator;
  readonly value: string | number | readonly string[] | undefined;
}

const entities: Readonly<Record<string, FilterEntity>> = {
  attribute: "attribute",
  attributes: "attribute",
  trace: "attribute",
  tag: "tag",
  tags: "tag",
  metadata: "metadata",
  request_metadata: "metadata",
  span: "span",
  feedback: "feedback",
  expectation: "expectation",
  issue: "issue",
};

/** The attributes of a trace that are numbers, under each of their names. */
export const numericTraceKeys = {
  timestamp: "timestamp_ms",
  timestamp_ms: "timestamp_ms",
  execution_time: "execution_time_ms",
  execution_time_ms: "execution_time_ms",
  end_time: "end_time_ms",
  end_time_ms: "end_time_ms",
} as const;

const numericKeys: Readonly<Record<string, string>> = numericTraceKeys;

const timeKeys: ReadonlySet<string> = new Set(["timestamp_ms", "end_time_ms"]);

const textKeys = new Set(["request_id", "status", "client_request_id", "name", "run_id", "prompt", "text"]);

/** Attributes that are kept as something else. */
const elsewhere: Readonly<Record<string, readonly [FilterEntity, string]>> = {
  name: ["tag", TraceTagKey.NAME],
  prompt: ["tag", "mlflow.linkedPrompts"],
  run_id: ["metadata", TraceMetadataKey.SOURCE_RUN],
  text: ["span", "content"],
};

const invalid = (failed: string, seen: string): TracelakeError =>
  new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, {
    failed,
    seen,
    remedy: "Write conditions such as trace.status = 'OK', joined by AND.",
  });

const texts: readonly FilterComparator[] = ["=", "!=", "LIKE", "ILIKE", "RLIKE"];
const lists: readonly FilterComparator[] = ["IN", "NOT IN"];
const nulls: readonly FilterComparator[] = ["IS NULL", "IS NOT NULL"];
const orders: readonly FilterComparator[] = ["<", "<=", ">", ">="];

const comparatorsOf = ({ entity, key }: Pick<FilterCondition, "entity" | "key">): readonly FilterComparator[] => {
  switch (entity) {
    case "attribute":
      return key in numericKeys ? ["=", "!=", ...orders] : [...texts, ...lists];
    case "span":
      return key === "content" ? ["LIKE", "ILIKE"] : [...texts, ...lists];
    case "feedback":
    case "expectation":
      return [...texts, ...orders, ...nulls];
    case "issue":
      return ["="];
    default:
      return [...texts, ...nulls];
  }
};

const withoutQuotes = (text: string): string => /^(["`])(.*)\1$/s.exec(text)?.[2] ?? text;

const spanKeys = new Set(["name", "type", "status", "content"]);

const checkKey = (entity: FilterEntity, key: string): void => {
  if (entity === "attribute" && !(key in numericKeys) && !textKeys.has(key)) {
    throw invalid("Invalid attribute key specified", quoteForMessage(key));
  }
  if (entity === "span" && !spanKeys.has(key) && !/^attributes\../.test(key)) {
    throw invalid("Invalid span attribute", quoteForMessage(key));
  }
  if (entity === "issue" && key !== "id") throw invalid("Invalid issue attribute", quoteForMessage(key));
};

const spanKey = (key: string): string =>
  key.startsWith("attributes.") ? `attributes.${withoutQuotes(key.slice("attributes.".length))}` : key;

/** What a name such as ``metadata.`a.b` `` means. */
const readName = (name: string): Pick<FilterCondition, "entity" | "key"> => {
  const dot = name.indexOf(".");
  const prefix = dot === -1 ? "attribute" : withoutQuotes(name.slice(0, dot));
  const entity = Object.hasOwn(entities, prefix) ? entities[prefix] : undefined;
  if (entity === undefined) throw invalid("Invalid entity type", quoteForMessage(prefix));
  const bare = withoutQuotes(name.slice(dot + 1));
  const key = entity === "span" ? spanKey(bare) : (entity === "attribute" && numericKeys[bare]) || bare;
  checkKey(entity, key);
  const moved = entity === "attribute" && Object.hasOwn(elsewhere, key) ? elsewhere[key] : undefined;
  return moved === undefined ? { entity, key } : { entity: moved[0], key: moved[1] };
};

/** Reads the conditions of one filter, word by word. */
class FilterReader {
  readonly #filter: string;
  readonly #tokens: readonly FilterToken[];
  #at = 0;

  constructor(filter: string, tokens: readonly FilterToken[]) {
    this.#filter = filter;
    this.#tokens = tokens;
  }

  conditions(): FilterCondition[] {
    const found = [this.#condition()];
    while (this.#at < this.#tokens.length) {
      if (!this.#takeWord("AND")) throw this.#unreadable(this.#at);
      found.push(this.#condition());
    }
    return found;
  }

  #condition(): FilterCondition {
    const start = this.#at;
    const name = this.#take("name");
    if (name === undefined) throw this.#unreadable(start);
    const comparator = this.#comparator(start);
    const subject = readName(name);
    // A run's traces are looked for by a list of runs, too.
    const possible =
      subject.key === TraceMetadataKey.SOURCE_RUN || subject.key === TraceTagKey.NAME
        ? [...comparatorsOf(subject), ...lists]
        : comparatorsOf(subject);
    if (!possible.includes(comparator)) {
      throw invalid(
        "Invalid comparator",
        `'${comparator}' for ${quoteForMessage(name)}, which takes ${possible.join(", ")}`,
      );
    }
    return { ...subject, comparator, value: this.#value(subject, comparator, start) };
  }

  #comparator(start: number): FilterComparator {
    const symbol = this.#take("symbol");
    if (symbol !== undefined) {
      const comparator = symbol === "<>" ? "!=" : symbol;
      if (isComparator(comparator)) return comparator;
      throw this.#unreadable(start);
    }
    for (const word of ["IN", "LIKE", "ILIKE", "RLIKE"] as const) if (this.#takeWord(word)) return word;
    if (this.#takeWord("NOT") && this.#takeWord("IN")) return "NOT IN";
    if (this.#takeWord("IS")) {
      if (this.#takeWord("NULL")) return "IS NULL";
      if (this.#takeWord("NOT") && this.#takeWord("NULL")) return "IS NOT NULL";
    }
    throw this.#unreadable(start);
  }

  #value(
    subject: Pick<FilterCondition, "entity" | "key">,
    comparator: FilterComparator,
    start: number,
  ): FilterCondition["value"] {
    if (nulls.includes(comparator)) return undefined;
    if (lists.includes(comparator)) return this.#list(start);
    const isNumeric =
      subject.entity === "attribute"
        ? subject.key in numericKeys
        : orders.includes(comparator) && subject.entity !== "span";
    const moment = isNumeric && timeKeys.has(subject.key) ? this.#moment() : undefined;
    if (moment !== undefined) return moment;
    const value = this.#take(isNumeric ? "number" : "text");
    if (value === undefined) {
      const seen = this.#tokens[this.#at]?.value ?? "the end";
      throw invalid(
        `Expected a ${isNumeric ? "numeric" : "quoted string"} value for ${subject.key}`,
        quoteForMessage(seen),
      );
    }
    return isNumeric ? Number(value) : value;
  }

  /** A date or a time in ISO 8601, which is in UTC unless it says otherwise. */
  #moment(): number | undefined {
    const token = this.#tokens[this.#at];
    if (token?.kind !== "text" || !/^\d{4}-\d{2}-\d{2}/.test(token.value)) return undefined;
    const text = token.value.replace(" ", "T");
    const hasZone = !text.includes("T") || /(Z|[+-]\d{2}:?\d{2})$/.test(text);
    const millis = Date.parse(hasZone ? text : `${text}Z`);
    if (Number.isNaN(millis)) return undefined;
    this.#at += 1;
    return millis;
  }

  #list(start: number): string[] {
    const values: string[] = [];
    if (!this.#takeSymbol("(")) throw this.#unreadable(start);
    do {
      const value = this.#take("text");
      if (value === undefined) throw this.#unreadable(start);
      values.push(value);
    } while (this.#takeSymbol(","));
    if (!this.#takeSymbol(")")) throw this.#unreadable(start);
    return values;
  }

  #take(kind: FilterToken["kind"]): string | undefined {
    const token = this.#tokens[this.#at];
    if (token?.kind !== kind) return undefined;
    this.#at += 1;
    return token.value;
  }

  #takeSymbol(symbol: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== "symbol" || token.value !== symbol) return false;
    this.#at += 1;
    return true;
  }

  #takeWord(word: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== "name" || token.value.toUpperCase() !== word) return false;
    this.#at += 1;
    return true;
  }

  #unreadable(from: number): TracelakeError {
    const place = this.#tokens[from]?.start ?? this.#filter.length;
    return unreadable(this.#filter, place);
  }
}

const comparators: ReadonlySet<string> = new Set([...texts, ...lists, ...nulls, ...orders]);
const isComparator = (text: string): text is FilterComparator => comparators.has(text);

const unreadable = (filter: string, from: number): TracelakeError =>
  invalid("Invalid clause(s) in filter string", quoteForMessage(filter.slice(from).trim() || filter));

/**
 * The conditions of a filter in the language of MLflow's `search_traces`; none where there is no filter.
 *
 * @see https://mlflow.org/docs/latest/genai/tracing/search-traces
 * @throws {TracelakeError} `CONFIG_OPTION_INVALID`
 */
export const parseTraceFilter = (filter: string | undefined): FilterCondition[] => {
  if (filter === undefined || filter.trim() === "") return [];
  const read = tokenize(filter);
  if ("unreadableFrom" in read) throw unreadable(filter, read.unreadableFrom);
  return new FilterReader(filter, read.tokens).conditions();
};
