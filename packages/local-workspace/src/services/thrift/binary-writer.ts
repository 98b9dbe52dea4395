const smallestBlockBytes = 1024;
/** From this length on, bytes are passed on as they are instead of being copied. */
const longestCopiedBytes = 4096;

const encoder = new TextEncoder();

/** Writes Thrift's binary protocol; what it is given is trusted to be of its type. */
export class BinaryWriter {
  readonly #done: Uint8Array[] = [];
  #block = Buffer.allocUnsafe(smallestBlockBytes);
  #at = 0;

  #room(length: number): number {
    if (this.#at + length > this.#block.length) {
      this.#flush();
      this.#block = Buffer.allocUnsafe(Math.max(length, Math.min(this.#block.length * 2, 1 << 20)));
    }
    const start = this.#at;
    this.#at += length;
    return start;
  }

  #flush(): void {
    if (this.#at > 0) this.#done.push(this.#block.subarray(0, this.#at));
    this.#block = this.#block.subarray(this.#at);
    this.#at = 0;
  }

  byte(value: number): void {
    const at = this.#room(1);
    this.#block.writeInt8(value, at);
  }

  i16(value: number): void {
    const at = this.#room(2);
    this.#block.writeInt16BE(value, at);
  }

  i32(value: number): void {
    const at = this.#room(4);
    this.#block.writeInt32BE(value, at);
  }

  i64(value: bigint): void {
    const at = this.#room(8);
    this.#block.writeBigInt64BE(value, at);
  }

  double(value: number): void {
    const at = this.#room(8);
    this.#block.writeDoubleBE(value, at);
  }

  binary(value: Uint8Array): void {
    this.i32(value.length);
    if (value.length > longestCopiedBytes) {
      this.#flush();
      this.#done.push(value);
      return;
    }
    const at = this.#room(value.length);
    this.#block.set(value, at);
  }

  string(value: string): void {
    this.binary(encoder.encode(value));
  }

  finish(): Uint8Array {
    this.#flush();
    return Buffer.concat(this.#done);
  }
}
