const firstCapacityBytes = 16 * 1024;
const longestLoopedText = 32;
const twoTo32 = 4_294_967_296;

/**
 * Writes protobuf from its end to its beginning: the length of a nested message is known when its head is written, so
 * nothing is measured beforehand and nothing is moved afterwards, however deep values nest.
 */
export class ReverseWriter {
  #buffer: Buffer = Buffer.allocUnsafeSlow(firstCapacityBytes);
  #start = firstCapacityBytes;

  /** How many bytes were written. */
  get length(): number {
    return this.#buffer.length - this.#start;
  }

  /** What was written. It is overwritten by whatever is written after the next {@link reset}. */
  get written(): Buffer {
    return this.#buffer.subarray(this.#start);
  }

  /** Copies what was written to `target`, from `offset` on. */
  copyTo(target: Uint8Array, offset: number): void {
    this.#buffer.copy(target, offset, this.#start);
  }

  reset(): void {
    // One huge value must not be held for good.
    if (this.#buffer.length > 4 * 1024 * 1024) this.#buffer = Buffer.allocUnsafeSlow(firstCapacityBytes);
    this.#start = this.#buffer.length;
  }

  /** Head of a field: its number and its wire type (0 varint, 1 64-bit, 2 length-delimited, 5 32-bit). */
  tag(fieldNumber: number, wireType: number): void {
    this.varint(fieldNumber * 8 + wireType);
  }

  /** Head of a length-delimited field whose content was written since `lengthBefore`. */
  delimit(fieldNumber: number, lengthBefore: number): void {
    this.varint(this.length - lengthBefore);
    this.tag(fieldNumber, 2);
  }

  /** A whole number from 0 to 2^53 - 1. */
  varint(value: number): void {
    if (value < 0x80) {
      this.#reserve(1);
      this.#buffer[--this.#start] = value;
      return;
    }
    let size = 2;
    for (let rest = value / 16_384; rest >= 1; rest /= 128) size++;
    this.#reserve(size);
    this.#start -= size;
    let rest = value;
    let at = this.#start;
    for (; rest >= 0x80; rest = Math.floor(rest / 128)) this.#buffer[at++] = (rest % 128) + 128;
    this.#buffer[at] = rest;
  }

  /** 64 bits of any integer, negative ones in two's complement. */
  varint64(value: bigint): void {
    let rest = BigInt.asUintN(64, value);
    const bytes: number[] = [];
    for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) + 128);
    bytes.push(Number(rest));
    this.bytes(Uint8Array.from(bytes));
  }

  /** A whole number within 2^53 in either direction, as protobuf's `int64`. */
  int64(value: number): void {
    if (value >= 0) this.varint(value);
    else this.varint64(BigInt(value));
  }

  double(value: number): void {
    this.#reserve(8);
    this.#start -= 8;
    this.#buffer.writeDoubleLE(value, this.#start);
  }

  fixed32(value: number): void {
    this.#reserve(4);
    this.#start -= 4;
    this.#buffer.writeUInt32LE(value >>> 0, this.#start);
  }

  fixed64(value: bigint): void {
    this.#reserve(8);
    this.#start -= 8;
    this.#buffer.writeBigUInt64LE(BigInt.asUintN(64, value), this.#start);
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#start -= value.length;
    this.#buffer.set(value, this.#start);
  }

  /** The bytes of hexadecimal text. */
  hex(text: string): void {
    const size = text.length >>> 1;
    this.#reserve(size);
    this.#start -= size;
    this.#buffer.write(text, this.#start, size, "hex");
  }

  /** UTF-8; a lone surrogate becomes U+FFFD. */
  text(value: string): void {
    if (value.length <= longestLoopedText && this.#ascii(value)) return;
    const size = Buffer.byteLength(value);
    this.#reserve(size);
    this.#start -= size;
    this.#buffer.write(value, this.#start, size, "utf8");
  }

  // A call into the runtime costs more than a loop over a short text.
  #ascii(value: string): boolean {
    const size = value.length;
    this.#reserve(size);
    const buffer = this.#buffer;
    const start = this.#start - size;
    for (let index = 0; index < size; index++) {
      const code = value.charCodeAt(index);
      if (code >= 0x80) return false;
      buffer[start + index] = code;
    }
    this.#start = start;
    return true;
  }

  #reserve(bytes: number): void {
    if (this.#start >= bytes) return;
    const used = this.length;
    const capacity = Math.min(Math.max(this.#buffer.length * 2, used + bytes), twoTo32 - 1);
    const larger = Buffer.allocUnsafeSlow(capacity);
    larger.set(this.written, capacity - used);
    this.#buffer = larger;
    this.#start = capacity - used;
  }
}
