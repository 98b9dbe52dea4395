import type { Token } from "./lexer.ts";
import { syntaxError, unsupported } from "./refusal.ts";

/** One step into a VARIANT: a key of an object, or a 0-based index of an array. */
export type PathStep = { readonly key: string } | { readonly index: number };

/**
 * A statement as it is given to the parser. Strings, quoted names, VARIANT paths, parameters and known functions are
 * replaced by names of our own, so that the parser can neither misread nor normalise them.
 */
export interface ParserText {
  readonly sql: string;
  readonly strings: readonly string[];
  readonly names: readonly string[];
  readonly paths: readonly (readonly PathStep[])[];
  /** Parameter names in order; a number for each `?`, counted from 1. */
  readonly parameters: readonly (string | number)[];
  /** Offset in `sql` of each token, with its offset in the source: for error positions. */
  readonly offsets: readonly { readonly parser: number; readonly source: number }[];
}

/** Prefixes of the stand-in names. The lexer refuses names of a user that start like these. */
export const StandIn = {
  function: "__tlf_",
  string: "__tls",
  name: "__tln",
  path: "__tlp",
  parameter: "__tlv",
} as const;

/** Words after which an expression starts, so that a `:` there is a parameter and no path. */
const beforeExpression: ReadonlySet<string> = new Set(
  "SELECT DISTINCT ALL WHERE AND OR NOT ON HAVING QUALIFY BY LIMIT OFFSET WHEN THEN ELSE CASE IN BETWEEN LIKE ILIKE RLIKE REGEXP INTERVAL DIV VALUES ESCAPE".split(
    " ",
  ),
);

const numberSuffixFunctions: Readonly<Record<string, string>> = {
  L: "bigint",
  S: "smallint",
  Y: "tinyint",
  D: "double",
  F: "float",
};

class ParserTextBuilder {
  readonly #tokens: readonly Token[];
  readonly #isFunction: (name: string) => boolean;
  readonly #strings: string[] = [];
  readonly #names: string[] = [];
  readonly #paths: PathStep[][] = [];
  readonly #parameters: (string | number)[] = [];
  readonly #offsets: { parser: number; source: number }[] = [];
  #sql = "";
  #lastEnd = 0;

  constructor(tokens: readonly Token[], isFunction: (name: string) => boolean) {
    this.#tokens = tokens;
    this.#isFunction = isFunction;
  }

  build(): ParserText {
    let at = 0;
    while (at < this.#tokens.length) at = this.#addAt(at);
    return {
      sql: this.#sql,
      strings: this.#strings,
      names: this.#names,
      paths: this.#paths,
      parameters: this.#parameters,
      offsets: this.#offsets,
    };
  }

  #add(token: Token, text: string): void {
    if (this.#sql !== "" && token.start > this.#lastEnd) this.#sql += " ";
    this.#offsets.push({ parser: this.#sql.length, source: token.start });
    this.#sql += text;
    this.#lastEnd = token.end;
  }

  /** Adds the token at a position, and the ones it takes with it; returns the next position. */
  #addAt(at: number): number {
    const token = this.#tokens[at];
    if (token === undefined) return at + 1;
    if (token.kind === "string") {
      this.#add(token, ` '${StandIn.string}${this.#strings.push(token.text) - 1}' `);
    } else if (token.kind === "quoted") {
      if (token.text === "") throw syntaxError("a quoted name is empty", "``");
      this.#add(token, `\`${StandIn.name}${this.#names.push(token.text) - 1}\``);
    } else if (token.kind === "number") {
      this.#add(token, numberText(token.text));
    } else if (token.upper === ":") {
      return this.#addColon(at);
    } else if (token.upper === "?") {
      this.#addParameter(token, this.#parameters.length + 1);
    } else {
      this.#add(token, this.#wordOrSymbol(at, token));
    }
    return at + 1;
  }

  #wordOrSymbol(at: number, token: Token): string {
    const next = this.#tokens[at + 1];
    if (token.upper === "!") return " NOT ";
    if (token.upper === "," && (next?.upper === "FROM" || next?.upper === ")")) {
      throw syntaxError("a comma is followed by nothing", `, ${next.text}`);
    }
    if (token.kind === "word" && next?.upper === "(" && this.#isCall(at, token)) {
      return `${StandIn.function}${token.text.toLowerCase()}`;
    }
    return token.text;
  }

  #isCall(at: number, token: Token): boolean {
    const before = this.#tokens[at - 1]?.upper ?? "";
    if (before === "." || before === "AS" || before === "::" || !this.#isFunction(token.text.toLowerCase()))
      return false;
    const inside = this.#tokens[at + 2]?.upper ?? "";
    if (token.upper === "FILTER") return inside !== "WHERE";
    if (token.upper === "EXISTS") return inside !== "SELECT" && inside !== "WITH";
    if (token.upper === "ANY" || token.upper === "SOME") return !/^(?:I?LIKE|[=<>!]+)$/.test(before);
    if (token.upper === "TRIM" || token.upper === "POSITION" || token.upper.startsWith("SUBSTR")) {
      return !this.#hasKeywordForm(at + 2);
    }
    return true;
  }

  /** Whether the call that opens before `from` is written with keywords, as in `trim(BOTH 'x' FROM s)`. */
  #hasKeywordForm(from: number): boolean {
    let depth = 1;
    for (let at = from; at < this.#tokens.length; at += 1) {
      const upper = this.#tokens[at]?.upper ?? "";
      if (upper === "(") depth += 1;
      if (upper === ")") depth -= 1;
      if (depth === 0) return false;
      if (depth === 1 && ["FROM", "IN", "FOR", "BOTH", "LEADING", "TRAILING"].includes(upper)) return true;
    }
    return false;
  }

  #addParameter(token: Token, parameter: string | number): void {
    const other = this.#parameters[0];
    if (other !== undefined && typeof other !== typeof parameter) {
      throw unsupported("A mix of ? and named parameters", token.text, "Use one of the two forms");
    }
    const known = typeof parameter === "string" ? this.#parameters.indexOf(parameter) : -1;
    const position = known === -1 ? this.#parameters.push(parameter) - 1 : known;
    this.#add(token, `${StandIn.parameter}${position}`);
  }

  /** A colon starts a parameter where an expression can start, and a VARIANT path where one has ended. */
  #addColon(at: number): number {
    const token = this.#tokens[at];
    const before = this.#tokens[at - 1];
    if (token === undefined) return at + 1;
    const endsExpression =
      before !== undefined &&
      (before.kind === "word"
        ? !beforeExpression.has(before.upper)
        : before.kind === "quoted" || before.kind === "string" || before.upper === ")" || before.upper === "]");
    if (endsExpression) return this.#addPath(at);
    const name = this.#tokens[at + 1];
    if (name?.kind !== "word") throw syntaxError("a colon is followed by no name", token.text);
    this.#addParameter({ ...token, end: name.end }, name.text);
    return at + 2;
  }

  #addPath(colon: number): number {
    const steps: PathStep[] = [];
    let at = colon + 1;
    for (;;) {
      const token = this.#tokens[at];
      if (steps.length === 0 && token !== undefined && (token.kind === "word" || token.kind === "quoted")) {
        steps.push({ key: token.text });
        at += 1;
      } else if (token?.upper === "[") {
        steps.push(this.#bracketStep(at));
        at += 3;
      } else if (token?.upper === "." && steps.length > 0) {
        const name = this.#tokens[at + 1];
        if (name?.kind !== "word" && name?.kind !== "quoted") throw syntaxError("a path ends with a dot", ".");
        steps.push({ key: name.text });
        at += 2;
      } else {
        break;
      }
    }
    const start = this.#tokens[colon];
    const end = this.#tokens[at - 1];
    if (steps.length === 0 || start === undefined || end === undefined) {
      throw syntaxError("a colon is followed by no path", this.#tokens[at]?.text ?? ":");
    }
    this.#add({ ...start, end: end.end }, `['${StandIn.path}${this.#paths.push(steps) - 1}']`);
    return at;
  }

  #bracketStep(at: number): PathStep {
    const value = this.#tokens[at + 1];
    const close = this.#tokens[at + 2];
    if (close?.upper === "]" && value?.kind === "string") return { key: value.text };
    if (close?.upper === "]" && value?.kind === "number" && /^\d{1,9}$/.test(value.text)) {
      return { index: Number(value.text) };
    }
    throw unsupported("This step of a VARIANT path", `[${value?.text ?? ""}`, "Use ['key'] or [0]");
  }
}

const numberText = (text: string): string => {
  const suffix = /(?:BD|[LSYDF])$/i.exec(text)?.[0].toUpperCase() ?? "";
  const digits = text.slice(0, text.length - suffix.length);
  if (suffix === "BD") {
    if (/^\d*\.\d*$/.test(digits)) return digits;
    throw unsupported("A BD literal of this form", text, "Use CAST(… AS DECIMAL(p, s))");
  }
  const conversion = numberSuffixFunctions[suffix];
  return conversion === undefined ? text : `${StandIn.function}${conversion}(${digits})`;
};

/** Writes the tokens of one statement for the parser. */
export const toParserText = (tokens: readonly Token[], isFunction: (name: string) => boolean): ParserText =>
  new ParserTextBuilder(tokens, isFunction).build();
