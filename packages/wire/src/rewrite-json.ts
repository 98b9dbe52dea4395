const anyNumber = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const quote = 0x22;
const backslash = 0x5c;

// Without a pattern: one that takes a whole string at once overflows the stack on long ones.
const endOfString = (text: string, start: number): number => {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) return at + 1;
    if (code === backslash) at++;
  }
  return text.length;
};

/** JSON text with what stands between its strings and keys written otherwise, and the quotation mark that opens each. */
export const rewriteOutsideStrings = (
  text: string,
  rewrite: (between: string) => string,
  openingQuote = '"',
): string => {
  let written = "";
  for (let from = 0; ;) {
    const start = text.indexOf('"', from);
    written += rewrite(text.slice(from, start === -1 ? undefined : start));
    if (start === -1) return written;
    from = endOfString(text, start);
    written += openingQuote + text.slice(start + 1, from);
  }
};

/** JSON text with each number, and each quotation mark that opens a string or a key, written otherwise. */
export const rewriteJson = (text: string, number: (token: string) => string, openingQuote?: string): string =>
  rewriteOutsideStrings(text, (between) => between.replace(anyNumber, number), openingQuote);
