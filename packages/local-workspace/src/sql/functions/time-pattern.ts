import { unsupported } from "../refusal.ts";

/** Java pattern letters, by run, that strftime and strptime of DuckDB have with the same meaning. */
const directives: Readonly<Record<string, string>> = {
  yyyy: "%Y",
  MM: "%m",
  M: "%-m",
  MMM: "%b",
  MMMM: "%B",
  dd: "%d",
  d: "%-d",
  HH: "%H",
  H: "%-H",
  hh: "%I",
  h: "%-I",
  mm: "%M",
  m: "%-M",
  ss: "%S",
  s: "%-S",
  SSS: "%g",
  SSSSSS: "%f",
  a: "%p",
  E: "%a",
  EEE: "%a",
  EEEE: "%A",
};

const pieces = /'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+/gy;

/**
 * Turns a datetime pattern of Spark into one of DuckDB.
 *
 * @throws TracelakeError `SQL_UNSUPPORTED` for a letter without a counterpart.
 * @see https://docs.databricks.com/aws/en/sql/language-manual/sql-ref-datetime-pattern
 */
export const toDuckTimePattern = (pattern: string): string => {
  let written = "";
  let read = 0;
  for (const match of pattern.matchAll(pieces)) {
    const [text, quoted, letter] = match;
    read += text.length;
    if (letter !== undefined) {
      const directive = directives[text];
      if (directive === undefined) {
        throw unsupported(`The datetime pattern ${text}`, pattern, "Use yyyy, MM, dd, HH, mm, ss, SSS and quoted text");
      }
      written += directive;
    } else {
      const literal = quoted === undefined ? text : quoted === "" ? "'" : quoted.replaceAll("''", "'");
      if (/[[\]{}#]/.test(literal) && quoted === undefined)
        throw unsupported("An optional part in a datetime pattern", pattern);
      written += literal.replaceAll("%", "%%");
    }
  }
  if (read !== pattern.length) throw unsupported("A datetime pattern of this form", pattern);
  return written;
};
