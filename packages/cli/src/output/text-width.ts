const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

const ascii = /^[\u0020-\u007e]*$/;
const zeroWidth = /^[\p{Mark}\p{Format}\p{Control}]+$/u;
const halfWidth = /^[\uff61-\uffdc\uffe8-\uffee]/;
// Unicode's East_Asian_Width is no property of JavaScript's expressions; these scripts and blocks are its wide ones.
const wide =
  /^(?:[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\p{Script=Yi}\u3000-\u303e\u30fb-\u30fe\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|\p{Emoji}\ufe0f)/u;

const graphemeWidth = (grapheme: string): number => {
  if (ascii.test(grapheme)) return 1;
  if (zeroWidth.test(grapheme)) return 0;
  return wide.test(grapheme) && !halfWidth.test(grapheme) ? 2 : 1;
};

/** How many cells of a terminal a line takes. Counting ends beyond `atMost`: a cell can hold megabytes. */
export const displayWidth = (text: string, atMost = Infinity): number => {
  if (ascii.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text)) {
    width += graphemeWidth(segment);
    if (width > atMost) break;
  }
  return width;
};

/** The text, or as much of it as fits into `width` cells with a last `…`. */
export const cutToWidth = (text: string, width: number): string => {
  if (displayWidth(text, width) <= width) return text;
  if (width < 1) return "";
  let used = 0;
  let end = 0;
  for (const { segment, index } of graphemes.segment(text)) {
    used += graphemeWidth(segment);
    if (used > width - 1) break;
    end = index + segment.length;
  }
  return `${text.slice(0, end)}…`;
};

/** The text with spaces beside it, up to `width` cells. */
export const padToWidth = (text: string, width: number, side: "left" | "right" = "left"): string => {
  const gap = " ".repeat(Math.max(0, width - displayWidth(text, width)));
  return side === "left" ? text + gap : gap + text;
};
