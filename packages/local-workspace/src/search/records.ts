import { ErrorCode, quoteForMessage, TracelakeError } from "@tracelake/wire";

/** What a field of a record holds. */
export type FieldValue = string | number | undefined;

/** What a condition looks at, or an order goes by. */
export interface Field<T> {
  readonly valueOf: (record: T) => FieldValue;
  readonly isNumeric: boolean;
  /** Whether it can be looked for in a list. */
  readonly isListed?: boolean;
  /** Whether it can be missing. */
  readonly isOptional?: boolean;
}

/** How records of a kind are searched. */
export interface RecordLanguage<T> {
  /** A condition as somebody could have written it, for error messages. */
  readonly example: string;
  /** What a name means, such as `tags` and `team`; `undefined` where it means nothing. Names alone have no prefix. */
  readonly fieldOf: (prefix: string | undefined, key: string) => Field<T> | undefined;
}

/** A search as the REST interfaces of experiments and runs take it. */
export interface RecordSearch {
  readonly filter?: string | undefined;
  readonly order_by: readonly string[];
  readonly max_results: number;
  readonly page_token?: string | undefined;
}

const invalid = (failed: string, seen: string, example: string): TracelakeError =>
  new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, {
    failed,
    seen: quoteForMessage(seen),
    remedy: `Write conditions such as ${example}, joined by AND.`,
  });

/** The matcher of a LIKE pattern. */
const pattern = (like: string, flags: string): RegExp => {
  const escaped = like.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${escaped.replaceAll("%", "[^]*").replaceAll("_", "[^]")}$`, flags);
};

type Right = string | number | readonly string[] | undefined;
type Holds = (left: FieldValue) => boolean;

const ordered = (right: Right, isRight: (left: number, right: number) => boolean): Holds =>
  typeof right === "number" ? (left) => typeof left === "number" && isRight(left, right) : () => false;

const like = (right: Right, flags: string): Holds => {
  const matcher = pattern(String(right), flags);
  return (left) => typeof left === "string" && matcher.test(left);
};

/** What each comparator asks; none but `IS NULL` holds for a field that is not there. */
const comparators: Readonly<Record<string, (right: Right) => Holds>> = {
  "=": (right) => (left) => left === right,
  "!=": (right) => (left) => left !== undefined && left !== right,
  "<": (right) => ordered(right, (a, b) => a < b),
  "<=": (right) => ordered(right, (a, b) => a <= b),
  ">": (right) => ordered(right, (a, b) => a > b),
  ">=": (right) => ordered(right, (a, b) => a >= b),
  LIKE: (right) => like(right, ""),
  ILIKE: (right) => like(right, "i"),
  IN: (right) => (left) => Array.isArray(right) && right.includes(left),
  "NOT IN": (right) => (left) => left !== undefined && Array.isArray(right) && !right.includes(left),
  "IS NULL": () => (left) => left === undefined,
  "IS NOT NULL": () => (left) => left !== undefined,
};

const comparatorsOf = <T>({ isNumeric, isListed = false, isOptional = false }: Field<T>): string[] => [
  "=",
  "!=",
  ...(isNumeric ? ["<", "<=", ">", ">="] : ["LIKE", "ILIKE"]),
  ...(isListed ? ["IN", "NOT IN"] : []),
  ...(isOptional ? ["IS NULL", "IS NOT NULL"] : []),
];

const name = String.raw`(?:(\w+)\.)?(\`[^\`]+\`|"[^"]+"|[\w./-]+)`;
const text = String.raw`'(?:[^']|'')*'|"[^"]*"`;
const number = String.raw`-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?`;
const comparison = String.raw`(!=|>=|<=|=|>|<|I?LIKE\b)\s*(${text}|${number})`;
const clause = new RegExp(
  String.raw`^\s*${name}\s*(?:${comparison}|(IN|NOT\s+IN)\s*\(((?:\s*(?:${text})\s*,?)+)\)|(IS\s+(?:NOT\s+)?NULL))\s*(?:AND\b(?=\s*\S)|$)`,
  "i",
);

const withoutQuotes = (quoted: string): string => quoted.slice(1, -1).replaceAll("''", "'");
const bareName = (written: string): string => (/^[`"]/.test(written) ? written.slice(1, -1) : written);

/** The right side of a condition, as it was written. */
const rightOf = (value: string | undefined, list: string | undefined): Right => {
  if (list !== undefined) return [...list.matchAll(new RegExp(text, "g"))].map(([each]) => withoutQuotes(each));
  if (value === undefined) return undefined;
  return /^['"]/.test(value) ? withoutQuotes(value) : Number(value);
};

const testsOf = <T>(filter: string, { example, fieldOf }: RecordLanguage<T>): ((record: T) => boolean)[] => {
  const tests: ((record: T) => boolean)[] = [];
  for (let rest = filter; rest.trim() !== "";) {
    const match = clause.exec(rest);
    if (match === null) throw invalid("Invalid clause(s) in filter string", rest.trim(), example);
    const [all, prefix, written = "", symbol, value, listWord, list, nullWord] = match;
    const field = fieldOf(prefix, bareName(written));
    if (field === undefined) throw invalid("Invalid attribute key specified", all.trim(), example);
    const comparator = (symbol ?? listWord ?? nullWord ?? "").toUpperCase().replaceAll(/\s+/g, " ");
    const possible = comparatorsOf(field);
    if (!possible.includes(comparator)) {
      throw invalid(`Invalid comparator, where ${possible.join(", ")} are possible`, all.trim(), example);
    }
    const right = rightOf(value, list);
    const isRight = right === undefined || Array.isArray(right) || (typeof right === "number") === field.isNumeric;
    if (!isRight)
      throw invalid(`Expected a ${field.isNumeric ? "numeric" : "quoted string"} value`, all.trim(), example);
    const holds = comparators[comparator]?.(right);
    tests.push((record) => holds?.(field.valueOf(record)) ?? false);
    rest = rest.slice(all.length);
  }
  return tests;
};

type Comparer<T> = (a: T, b: T) => number;

const orderClause = new RegExp(`^\\s*${name}(?:\\s+(ASC|DESC))?\\s*$`, "i");

const comparerOf = <T>(order: string, { example, fieldOf }: RecordLanguage<T>): Comparer<T> => {
  const [, prefix, written = "", direction = "ASC"] = orderClause.exec(order) ?? [];
  const field = written === "" ? undefined : fieldOf(prefix, bareName(written));
  if (field === undefined) throw invalid("Invalid order_by clause", order, example);
  const sign = direction.toUpperCase() === "DESC" ? -1 : 1;
  return (a, b) => {
    const [left, right] = [field.valueOf(a), field.valueOf(b)];
    // What is not there comes last in either direction.
    if (left === undefined || right === undefined) return Number(left === undefined) - Number(right === undefined);
    return left < right ? -sign : left > right ? sign : 0;
  };
};

const offsetOf = (token: string | undefined, example: string): number => {
  if (token === undefined || token === "") return 0;
  if (!/^\d{1,9}$/.test(token)) throw invalid("Invalid page token", token, example);
  return Number(token);
};

/**
 * A page of the records that a search asks for, in the order in which they are given where it names none.
 *
 * @throws {TracelakeError} `CONFIG_OPTION_INVALID`
 */
export const pageOfRecords = <T>(
  all: readonly T[],
  search: RecordSearch,
  language: RecordLanguage<T>,
): { readonly records: T[]; readonly nextPageToken?: string } => {
  const tests = testsOf(search.filter ?? "", language);
  const comparers = search.order_by.map((order) => comparerOf(order, language));
  const matching = all
    .filter((record) => tests.every((holds) => holds(record)))
    .sort((a, b) => comparers.map((compare) => compare(a, b)).find((sign) => sign !== 0) ?? 0);
  const start = offsetOf(search.page_token, language.example);
  const end = start + search.max_results;
  return { records: matching.slice(start, end), ...(end < matching.length ? { nextPageToken: String(end) } : {}) };
};
