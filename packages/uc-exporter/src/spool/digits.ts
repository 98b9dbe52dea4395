// Node's crypto is loaded at the first call: it takes longer than all of this package.

/** SHA-256 of a text, as hexadecimal digits. */
export const hashText = (text: string): string =>
  process.getBuiltinModule("node:crypto").createHash("sha256").update(text).digest("hex");

/** So many random bytes, as hexadecimal digits. */
export const randomHex = (byteCount: number): string =>
  process.getBuiltinModule("node:crypto").randomBytes(byteCount).toString("hex");
