import { ErrorCode, TracelakeError } from "@tracelake/wire";

const algorithm = "aes-256-gcm";
const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

/** Encrypts what is written to disk. `context` is bound to it: a body does not open anywhere else. */
export interface FrameCipher {
  encrypt(body: Uint8Array, context: string): Uint8Array;
  /** @throws where the body was changed, moved or written with another key. */
  decrypt(body: Uint8Array, context: string): Uint8Array;
}

/**
 * AES-256-GCM with a key of 32 bytes, given as 64 hexadecimal digits or as base64.
 *
 * @throws {TracelakeError} `CONFIG_OPTION_INVALID`, without the key.
 */
export const createFrameCipher = (keyText: string): FrameCipher => {
  const key = /^[0-9a-f]{64}$/i.test(keyText) ? Buffer.from(keyText, "hex") : Buffer.from(keyText, "base64");
  if (key.length !== keyBytes) {
    throw new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, {
      failed: "The key for traces on disk cannot be used",
      seen: `${key.length} bytes`,
      remedy:
        "Set TRACELAKE_SPOOL_KEY to 32 random bytes as base64 or hexadecimal, such as from: openssl rand -base64 32",
    });
  }
  return {
    encrypt(body, context) {
      const { createCipheriv, randomBytes } = process.getBuiltinModule("node:crypto");
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv(algorithm, key, nonce).setAAD(Buffer.from(context));
      const encrypted = Buffer.concat([cipher.update(body), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), encrypted]);
    },
    decrypt(body, context) {
      const { createDecipheriv } = process.getBuiltinModule("node:crypto");
      const decipher = createDecipheriv(algorithm, key, body.subarray(0, nonceBytes), { authTagLength: tagBytes })
        .setAAD(Buffer.from(context))
        .setAuthTag(body.subarray(nonceBytes, nonceBytes + tagBytes));
      return Buffer.concat([decipher.update(body.subarray(nonceBytes + tagBytes)), decipher.final()]);
    },
  };
};
