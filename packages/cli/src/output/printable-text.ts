// C0 and C1 control characters, line separators, and the marks that reorder or hide text: a terminal would act on them.
const unprintable =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\p{Surrogate}|[\u{e0000}-\u{e007f}]/gu;

const shortEscapes: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

const escapeOf = (character: string): string => {
  const short = shortEscapes[character];
  if (short !== undefined) return short;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, "0")}`;
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, "0")}` : `\\u{${code.toString(16)}}`;
};

/** Text as one line that a terminal only shows: whatever would move the cursor or change colours stands as an escape. */
export const printable = (text: string): string => text.replace(unprintable, escapeOf);

/** The same, keeping line breaks: for messages that were written to have lines. */
export const printableLines = (text: string): string => text.split(/\r?\n/).map(printable).join("\n");

const unprintableInJson = /[\u007f-\u009f\u2028-\u202e\u2066-\u2069\u200e\u200f\u061c\ufeff]/g;

/** JSON text that stays the same JSON and that a terminal only shows. */
export const printableJson = (json: string): string =>
  json.replace(unprintableInJson, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
