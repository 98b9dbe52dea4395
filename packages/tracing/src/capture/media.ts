/** No shorter text is taken for media. */
export const shortestMedia = 1024;
const longestHashedBytes = 32 * 1024 * 1024;
const dataUrl = /^data:([\w.+-]+\/[\w.+-]+)?(?:;[\w-]+=[^;,]{0,100})*;base64,/;
const base64Text = /^[A-Za-z0-9+/_-]+={0,2}$/;

// Node's crypto takes longer to load than all of this package.
const sha256 = (bytes: Uint8Array): string =>
  process.getBuiltinModule("node:crypto").createHash("sha256").update(bytes).digest("hex");

const placeholder = (kind: string, bytes: Uint8Array | undefined, size: number): string => {
  const hash = bytes === undefined ? "" : `, sha256 ${sha256(bytes)}`;
  return `[${kind}, ${size} bytes${hash}]`;
};

/** How many bytes base64 text decodes to, padded or not, without decoding it. */
export const decodedBytes = (base64: string): number => {
  // Not by a pattern: one that looks for the padding at the end takes quadratic time over a long run of it inside.
  const padding = base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0;
  return Math.floor(((base64.length - padding) * 3) / 4);
};

/** What stands in a trace instead of binary content: its kind, size and SHA-256, such as `[image/png, 5120 bytes, sha256 …]`. */
export const describeBytes = (bytes: Uint8Array, kind = "binary"): string =>
  placeholder(kind, bytes.byteLength <= longestHashedBytes ? bytes : undefined, bytes.byteLength);

/**
 * The placeholder for text that is base64 media: a `data:` URL, or an unbroken run of base64 of at least 1,024 characters
 * (shorter ones cost nothing and may be identifiers). `undefined` where the text is anything else.
 */
export const describeMediaText = (text: string): string | undefined => {
  if (text.length < shortestMedia) return undefined;
  const url = dataUrl.exec(text.slice(0, 300));
  const payload = url === null ? text : text.slice(url[0].length);
  // The two ends decide: prose has a space or a full stop in either.
  if (!base64Text.test(payload.slice(0, 512).replace(/=+$/, "")) || !base64Text.test(payload.slice(-512)))
    return undefined;
  if (url === null && !looksEncoded(payload)) return undefined;
  const kind = url?.[1] ?? "base64";
  const size = decodedBytes(payload);
  return placeholder(kind, size <= longestHashedBytes ? Buffer.from(payload, "base64") : undefined, size);
};

// A long run of one letter, of digits or of hex is text a person may have written; encoded bytes use the whole alphabet.
const looksEncoded = (payload: string): boolean => {
  const sample = payload.slice(0, 512);
  return /[a-z]/.test(sample) && /[A-Z]/.test(sample) && /\d/.test(sample) && new Set(sample).size > 24;
};
