import type { JsonValue } from "@tracelake/wire";

const markerOf = (lostBytes: number): string => `… [truncated ${lostBytes} bytes]`;

/** The longest prefix of `text` that takes at most `maxBytes` bytes of UTF-8, never ending inside a character. */
export const cutToBytes = (text: string, maxBytes: number): string => {
  // Every UTF-16 unit takes one to three bytes, so most texts are decided without encoding them.
  if (text.length * 3 <= maxBytes) return text;
  const bytes = Buffer.from(text.length > maxBytes ? text.slice(0, maxBytes) : text, "utf8");
  if (bytes.length <= maxBytes && text.length <= maxBytes) return text;
  let end = Math.min(maxBytes, bytes.length);
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.toString("utf8", 0, end);
};

/** `text` within `maxBytes`, with a marker that says how much was cut. */
export const truncateText = (text: string, maxBytes: number): string => {
  const kept = cutToBytes(text, maxBytes);
  return kept.length === text.length ? text : kept + markerOf(Buffer.byteLength(text) - Buffer.byteLength(kept));
};

/** {@link truncateText}, unless the marker takes more than was cut. */
const shortenText = (text: string, maxBytes: number): string => {
  const shortened = truncateText(text, maxBytes);
  if (shortened === text) return text;
  return Buffer.byteLength(shortened) < Buffer.byteLength(text) ? shortened : text;
};

/**
 * JSON text within about `maxBytes`. Strings are cut first, the longest the most, so that the structure, which readers
 * depend on, survives; if that is not enough the text itself is cut and becomes one JSON string.
 */
export const withinBytes = (whole: string, maxBytes: number): string => {
  if (whole.length * 3 <= maxBytes || Buffer.byteLength(whole) <= maxBytes) return whole;
  const value = JSON.parse(whole) as JsonValue;
  const shortest = JSON.stringify(cutStrings(value, 0));
  if (Buffer.byteLength(shortest) > maxBytes) return JSON.stringify(truncateText(whole, Math.floor(maxBytes / 2)));
  for (let stringBytes = Math.floor(maxBytes / 2); stringBytes > 0; stringBytes = Math.floor(stringBytes / 4)) {
    const text = JSON.stringify(cutStrings(value, stringBytes));
    if (Buffer.byteLength(text) <= maxBytes) return text;
  }
  return shortest;
};

const cutStrings = (value: JsonValue, maxBytes: number): JsonValue => {
  if (typeof value === "string") return shortenText(value, maxBytes);
  if (Array.isArray(value)) return value.map((item: JsonValue) => cutStrings(item, maxBytes));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, cutStrings(item, maxBytes)]));
  }
  return value;
};
