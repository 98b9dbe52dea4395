/** How a value stands on the wire. https://protobuf.dev/programming-guides/encoding/#structure */
export const WireType = {
  VARINT: 0,
  FIXED64: 1,
  LENGTH_DELIMITED: 2,
  START_GROUP: 3,
  END_GROUP: 4,
  FIXED32: 5,
} as const;
export type WireType = (typeof WireType)[keyof typeof WireType];

const isWireType = (value: number): value is WireType => value <= WireType.FIXED32;

const deepestGroup = 100;

/** Reads protobuf. Every method reads what stands next, and throws a `RangeError` where that is not there. */
export class WireReader {
  readonly #bytes: Buffer;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get position(): number {
    return this.#position;
  }

  get length(): number {
    return this.#bytes.length;
  }

  /** Number and wire type of a field. */
  tag(): [fieldNumber: number, wireType: WireType] {
    const head = this.uint32();
    const [fieldNumber, wireType] = [head >>> 3, head & 7];
    if (fieldNumber === 0 || !isWireType(wireType))
      throw new RangeError(`there is no field ${fieldNumber} of wire type ${wireType}`);
    return [fieldNumber, wireType];
  }

  /** Passes over the value of a field. */
  skip(wireType: WireType, fieldNumber: number, depth = 0): void {
    if (wireType === WireType.VARINT) this.uint32();
    else if (wireType === WireType.FIXED64) this.#take(8);
    else if (wireType === WireType.FIXED32) this.#take(4);
    else if (wireType === WireType.LENGTH_DELIMITED) this.#take(this.uint32());
    else if (wireType === WireType.START_GROUP && depth < deepestGroup) this.#skipGroup(fieldNumber, depth);
    else throw new RangeError(`field ${fieldNumber} has wire type ${wireType}`);
  }

  #skipGroup(groupNumber: number, depth: number): void {
    for (;;) {
      const [fieldNumber, wireType] = this.tag();
      if (wireType === WireType.END_GROUP && fieldNumber === groupNumber) return;
      this.skip(wireType, fieldNumber, depth + 1);
    }
  }

  /** The lower 32 bits of a varint. */
  uint32(): number {
    let bits = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#byte();
      if (shift < 32) bits |= (byte & 0x7f) << shift;
      if (byte < 0x80) return bits >>> 0;
    }
    throw new RangeError("a varint is longer than ten bytes");
  }

  int32(): number {
    return this.uint32() | 0;
  }

  sint32(): number {
    const zigzag = this.uint32();
    return (zigzag >>> 1) ^ -(zigzag & 1);
  }

  uint64(): bigint {
    let [low, high] = [0, 0];
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#byte();
      const bits = byte & 0x7f;
      if (shift <= 28) low |= bits << shift;
      if (shift === 28) high = bits >> 4;
      else if (shift > 28) high |= bits << (shift - 32);
      if (byte < 0x80) return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
    }
    throw new RangeError("a varint is longer than ten bytes");
  }

  int64(): bigint {
    return BigInt.asIntN(64, this.uint64());
  }

  bool(): boolean {
    return this.uint64() !== 0n;
  }

  fixed32(): number {
    return this.#bytes.readUInt32LE(this.#take(4));
  }

  fixed64(): bigint {
    return this.#bytes.readBigUInt64LE(this.#take(8));
  }

  sfixed64(): bigint {
    return this.#bytes.readBigInt64LE(this.#take(8));
  }

  double(): number {
    return this.#bytes.readDoubleLE(this.#take(8));
  }

  /** A view of the bytes of a length-delimited field. */
  bytes(): Uint8Array {
    const length = this.uint32();
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  string(): string {
    const length = this.uint32();
    const start = this.#take(length);
    return this.#bytes.toString("utf8", start, start + length);
  }

  hex(): string {
    const length = this.uint32();
    const start = this.#take(length);
    return this.#bytes.toString("hex", start, start + length);
  }

  #byte(): number {
    const byte = this.#bytes[this.#position++];
    if (byte === undefined) throw new RangeError("the bytes end within a value");
    return byte;
  }

  /** Passes over `count` bytes, and returns where they begin. */
  #take(count: number): number {
    const start = this.#position;
    if (start + count > this.#bytes.length) throw new RangeError("the bytes end within a value");
    this.#position = start + count;
    return start;
  }
}
