import type { JsonRecord } from "@tracelake/wire";

// What V8 needs for one more piece of a text that is put together, and for one more small object.
const bytesOfPiece = 24;
const bytesOfItem = 256;

/** How much a plugin may hold of a stream that somebody else may make as long as they like. */
export class Allowance {
  #bytesLeft: number;
  #bytesLost = 0;

  constructor(maxBytes: number) {
    this.#bytesLeft = maxBytes;
  }

  /** What was not kept, in bytes, roughly. */
  get bytesLost(): number {
    return this.#bytesLost;
  }

  /** Says that what was not kept has come again, and was. */
  makeUp(): void {
    this.#bytesLost = 0;
  }

  /** Whether `bytes` more may be held; they are taken from what is left. */
  take(bytes: number): boolean {
    if (bytes > this.#bytesLeft) {
      this.#bytesLost += bytes;
      return false;
    }
    this.#bytesLeft -= bytes;
    return true;
  }

  /** Whether one more small object may be held. */
  takeItem(): boolean {
    return this.take(bytesOfItem);
  }

  /** `known` with `piece` after it, or without where no more may be held. */
  append(known: unknown, piece: string): string {
    const text = typeof known === "string" ? known : "";
    return this.take(piece.length + bytesOfPiece) ? text + piece : text;
  }

  /** JSON text of a value that is to be held whole or not at all. */
  holdJson(value: JsonRecord): string | undefined {
    const text = JSON.stringify(value);
    return this.take(text.length) ? text : undefined;
  }
}
