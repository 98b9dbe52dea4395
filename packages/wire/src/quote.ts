/** A value from outside as it can stand in a message or a terminal: control characters escaped, cut at 200 characters. */
export const quoteForMessage = (value: unknown): string => {
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  const printable = text.replace(
    /[\u007f-\u009f\u2028\u2029\u202a-\u202e]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return printable.length > 200 ? `${printable.slice(0, 200)}…` : printable;
};
