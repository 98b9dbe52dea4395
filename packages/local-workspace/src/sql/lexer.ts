import { syntaxError, unsupported } from "./refusal.ts";

/**
 * The lexical kinds of Databricks SQL that matter here. A string and a quoted identifier carry their decoded value.
 *
 * @see https://docs.databricks.com/aws/en/sql/language-manual/sql-ref-literals
 */
export type TokenKind = "word" | "quoted" | "string" | "number" | "symbol";

export interface Token {
  readonly kind: TokenKind;
  /** As written, for words, numbers and symbols; decoded, for strings and quoted identifiers. */
  readonly text: string;
  /** Upper-case form of a word or symbol, for comparison; empty for the other kinds. */
  readonly upper: string;
  /** Offsets into the source, in UTF-16 units; `end` is exclusive. */
  readonly start: number;
  readonly end: number;
}

const symbols = ["<=>", "->>", "::", "<=", ">=", "<>", "!=", "==", "||", "->", "=>", ":=", "<<", ">>"];
const singleSymbols = "()[],.;:?+-*/%=<>!&|^~";
const wordPattern = /[\p{L}_][\p{L}\p{N}_]*/uy;
const numberPattern = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?:BD|[LSYDF])?/iy;
const simpleEscapes: Readonly<Record<string, string>> = {
  "0": "\0",
  b: "\b",
  n: "\n",
  r: "\r",
  t: "\t",
  Z: "\u001a",
  "%": "\\%",
  _: "\\_",
};

/** The longest statement text that is read; more is a mistake or an attack. */
const longestSqlCharacters = 1_000_000;

const snippet = (sql: string, at: number): string => sql.slice(Math.max(0, at - 20), at + 40);

const skipBlockComment = (sql: string, start: number): number => {
  let depth = 0;
  let at = start;
  while (at < sql.length) {
    const pair = sql.slice(at, at + 2);
    if (pair === "/*") {
      depth += 1;
      at += 2;
    } else if (pair === "*/") {
      depth -= 1;
      at += 2;
      if (depth === 0) return at;
    } else {
      at += 1;
    }
  }
  throw syntaxError("a comment is not closed", snippet(sql, start), "Close it with */");
};

const skipBlank = (sql: string, start: number): number => {
  let at = start;
  for (;;) {
    const character = sql[at];
    if (character !== undefined && /\s/.test(character)) {
      at += 1;
    } else if (sql.startsWith("--", at)) {
      const lineEnd = sql.indexOf("\n", at);
      at = lineEnd === -1 ? sql.length : lineEnd + 1;
    } else if (sql.startsWith("/*", at)) {
      at = skipBlockComment(sql, at);
    } else {
      return at;
    }
  }
};

/** `\uXXXX`, `\UXXXXXXXX` and `\NNN` (octal), or undefined where the backslash starts a simple escape. */
const numericEscape = (sql: string, at: number): { value: string; length: number } | undefined => {
  const match = /^(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([01][0-7]{2}))/.exec(sql.slice(at, at + 9));
  if (match === null) return undefined;
  const [whole, short, long, octal] = match;
  const codePoint = octal === undefined ? Number.parseInt(short ?? long ?? "", 16) : Number.parseInt(octal, 8);
  if (codePoint > 0x10ffff) throw syntaxError("a character escape is out of range", snippet(sql, at));
  return { value: String.fromCodePoint(codePoint), length: whole.length };
};

/**
 * Reads a literal from its opening quote. A doubled quote is one quote, as in Spark 4 and the current SQL warehouses.
 *
 * @see https://spark.apache.org/docs/latest/sql-ref-literals.html
 */
const readQuoted = (sql: string, start: number, escapes: boolean): { value: string; end: number } => {
  const quote = sql[start];
  let value = "";
  let at = start + 1;
  while (at < sql.length) {
    const character = sql[at] ?? "";
    if (character === quote) {
      if (sql[at + 1] !== quote) return { value, end: at + 1 };
      value += character;
      at += 2;
    } else if (character === "\\" && escapes) {
      const numeric = numericEscape(sql, at + 1);
      const escaped = sql[at + 1] ?? "";
      value += numeric?.value ?? simpleEscapes[escaped] ?? escaped;
      at += 1 + (numeric?.length ?? 1);
    } else {
      value += character;
      at += 1;
    }
  }
  throw syntaxError("a quote is not closed", snippet(sql, start), `Close it with ${quote ?? "'"}`);
};

const matchAt = (pattern: RegExp, sql: string, at: number): string | undefined => {
  pattern.lastIndex = at;
  return pattern.exec(sql)?.[0];
};

const readToken = (sql: string, start: number): Token => {
  const character = sql[start] ?? "";
  const next = sql[start + 1] ?? "";
  if (character === "'" || character === '"') {
    const { value, end } = readQuoted(sql, start, true);
    return { kind: "string", text: value, upper: "", start, end };
  }
  if (/[rR]/.test(character) && (next === "'" || next === '"')) {
    const { value, end } = readQuoted(sql, start + 1, false);
    return { kind: "string", text: value, upper: "", start, end };
  }
  if (/[xX]/.test(character) && next === "'") {
    throw unsupported("A binary literal", snippet(sql, start), "Use unhex('…') on Databricks; compare hex text here");
  }
  if (character === "`") {
    const { value, end } = readQuoted(sql, start, false);
    return { kind: "quoted", text: value, upper: "", start, end };
  }
  const number = matchAt(numberPattern, sql, start);
  const word = number === undefined ? matchAt(wordPattern, sql, start) : undefined;
  const text =
    number ??
    word ??
    symbols.find((symbol) => sql.startsWith(symbol, start)) ??
    (singleSymbols.includes(character) ? character : undefined);
  if (text === undefined) throw syntaxError("a character has no meaning here", snippet(sql, start));
  const end = start + text.length;
  if (number !== undefined && /[\p{L}\p{N}_]/u.test(sql[end] ?? "")) {
    throw syntaxError("a number runs into a name", snippet(sql, start), "Put the name into backticks");
  }
  if (word?.toLowerCase().startsWith("__tl")) {
    throw unsupported("A name that starts with __tl", word, "Choose another name or put it into backticks");
  }
  const kind = number !== undefined ? "number" : word !== undefined ? "word" : "symbol";
  return { kind, text, upper: kind === "number" ? "" : text.toUpperCase(), start, end };
};

/** Merges string literals that follow each other: Spark reads `'a' 'b'` as `'ab'`. */
const joinStrings = (tokens: readonly Token[]): Token[] => {
  const joined: Token[] = [];
  for (const token of tokens) {
    const last = joined.at(-1);
    if (token.kind === "string" && last?.kind === "string") {
      joined[joined.length - 1] = { ...last, text: last.text + token.text, end: token.end };
    } else {
      joined.push(token);
    }
  }
  return joined;
};

/**
 * Cuts a text into statements of tokens; comments are dropped and `;` separates.
 *
 * @throws TracelakeError `SQL_SYNTAX` where a quote or comment is open or a character has no meaning.
 */
export const readStatements = (sql: string): Token[][] => {
  if (sql.length > longestSqlCharacters) {
    throw unsupported("A text of this length", `${sql.length} characters`, "Split it into several calls");
  }
  const statements: Token[][] = [[]];
  let at = skipBlank(sql, 0);
  while (at < sql.length) {
    const token = readToken(sql, at);
    if (token.upper === ";") statements.push([]);
    else statements.at(-1)?.push(token);
    at = skipBlank(sql, token.end);
  }
  return statements.filter((tokens) => tokens.length > 0).map(joinStrings);
};
