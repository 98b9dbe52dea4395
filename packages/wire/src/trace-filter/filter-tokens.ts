/** A word of a filter: names and texts are without their quotes. */
export type FilterToken =
  | { readonly kind: "name" | "text" | "number"; readonly value: string; readonly start: number; readonly end: number }
  | { readonly kind: "symbol"; readonly value: string; readonly start: number; readonly end: number };

// A name in its parts: bare, in backticks or, behind a dot, in double quotes.
const patterns: readonly (readonly [FilterToken["kind"], RegExp])[] = [
  ["name", /[A-Za-z_`](?:[\w$@/:-]|\.(?!\.)|`[^`]*`|(?<=\.)"[^"]*"|(?<=`)[^`]*`)*/y],
  ["text", /'(?:[^']|'')*'|"(?:[^"]|"")*"/y],
  ["number", /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y],
  ["symbol", /!=|<>|<=|>=|[=<>(),]/y],
];

const unquoted = (text: string): string => {
  const quote = text[0] ?? "";
  return text.slice(1, -1).replaceAll(quote + quote, quote);
};

const valueOf = (kind: FilterToken["kind"], text: string): string => (kind === "text" ? unquoted(text) : text);

const tokenAt = (filter: string, start: number): FilterToken | undefined => {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = start;
    const found = pattern.exec(filter)?.[0];
    if (found !== undefined && found !== "") {
      return { kind, value: valueOf(kind, found), start, end: start + found.length };
    }
  }
  return undefined;
};

/** The words of a filter, or the place from which on it cannot be read. */
export const tokenize = (filter: string): { readonly tokens: FilterToken[] } | { readonly unreadableFrom: number } => {
  const tokens: FilterToken[] = [];
  let at = 0;
  for (;;) {
    while (/\s/.test(filter[at] ?? "")) at += 1;
    if (at >= filter.length) return { tokens };
    const token = tokenAt(filter, at);
    if (token === undefined) return { unreadableFrom: at };
    tokens.push(token);
    at = token.end;
  }
};
