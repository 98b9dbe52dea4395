import { JournalFrameFlag, type JournalFrame, type JournalFrameType } from "@tracelake/wire";
import type { FrameCipher } from "./frame-cipher.ts";

/** What a spool keeps: bytes to be sent as they are. */
export interface SpoolRecord {
  readonly type: JournalFrameType;
  readonly recordCount: number;
  readonly body: Uint8Array;
  readonly isCompressed: boolean;
}

/** What opens and closes the frames of one destination. */
export interface FrameKey {
  readonly destinationHash: string;
  readonly cipher: FrameCipher | undefined;
}

const contextOf = ({ destinationHash }: FrameKey, type: JournalFrameType, flags: number): string =>
  `${destinationHash}:${type}:${flags}`;

/** A record as it stands on disk: encrypted, where there is a key. */
export const toFrame = ({ type, recordCount, body, isCompressed }: SpoolRecord, key: FrameKey): JournalFrame => {
  const compression = isCompressed ? JournalFrameFlag.GZIP : 0;
  if (key.cipher === undefined) return { type, recordCount, body, flags: compression };
  const flags = compression + JournalFrameFlag.AES_256_GCM;
  return { type, recordCount, body: key.cipher.encrypt(body, contextOf(key, type, flags)), flags };
};

/** `undefined` where it was encrypted with another key. */
export const fromFrame = (
  { type, recordCount, body, flags = 0 }: JournalFrame,
  key: FrameKey,
): SpoolRecord | undefined => {
  const isCompressed = (flags & JournalFrameFlag.GZIP) !== 0;
  if ((flags & JournalFrameFlag.AES_256_GCM) === 0) return { type, recordCount, body, isCompressed };
  try {
    const plain = key.cipher?.decrypt(body, contextOf(key, type, flags));
    return plain === undefined ? undefined : { type, recordCount, body: plain, isCompressed };
  } catch {
    return undefined;
  }
};
