import { ThriftError } from "./thrift-error.ts";
import { WireType } from "./wire-type.ts";

/** How deep structs and containers may be nested; TCLIService needs less than ten levels. */
const deepestNesting = 32;

/** The least that a value takes on the wire: what says how many of them a container can hold at most. */
const leastBytes: Readonly<Record<number, number>> = {
  [WireType.BOOL]: 1,
  [WireType.BYTE]: 1,
  [WireType.I16]: 2,
  [WireType.I32]: 4,
  [WireType.I64]: 8,
  [WireType.DOUBLE]: 8,
  [WireType.STRING]: 4,
  [WireType.STRUCT]: 1,
  [WireType.MAP]: 6,
  [WireType.SET]: 5,
  [WireType.LIST]: 5,
};

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Reads Thrift's binary protocol from bytes that nobody vouches for: nothing is allocated by a length that the bytes
 * cannot hold.
 *
 * @see https://github.com/apache/thrift/blob/master/doc/specs/thrift-binary-protocol.md
 */
export class BinaryReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get bytesLeft(): number {
    return this.#bytes.length - this.#at;
  }

  #take(length: number): number {
    if (length < 0 || length > this.bytesLeft) {
      throw new ThriftError(`${length} bytes are announced where ${this.bytesLeft} are left`);
    }
    const start = this.#at;
    this.#at += length;
    return start;
  }

  byte(): number {
    return this.#view.getInt8(this.#take(1));
  }

  i16(): number {
    return this.#view.getInt16(this.#take(2));
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4));
  }

  i64(): bigint {
    return this.#view.getBigInt64(this.#take(8));
  }

  double(): number {
    return this.#view.getFloat64(this.#take(8));
  }

  binary(): Uint8Array {
    const length = this.i32();
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  string(): string {
    return decoder.decode(this.binary());
  }

  /** How many values of these types follow. */
  size(...types: readonly number[]): number {
    const size = this.i32();
    const each = types.reduce((sum, type) => sum + (leastBytes[type] ?? 0), 0);
    if (
      size < 0 ||
      size * each > this.bytesLeft ||
      (size > 0 && types.some((type) => leastBytes[type] === undefined))
    ) {
      throw new ThriftError(`${size} values are announced where ${this.bytesLeft} bytes are left`);
    }
    return size;
  }

  /** Passes over a value that nobody asked for. */
  skip(type: number, depth: number): void {
    assertDepth(depth);
    if (type === WireType.STRING) this.binary();
    else if (type === WireType.STRUCT) this.#skipStruct(depth);
    else if (type === WireType.MAP) this.#skipItems([this.byte(), this.byte()], depth);
    else if (type === WireType.LIST || type === WireType.SET) this.#skipItems([this.byte()], depth);
    else this.#take(fixedBytes(type));
  }

  #skipStruct(depth: number): void {
    for (let type = this.byte(); type !== WireType.STOP; type = this.byte()) {
      this.i16();
      this.skip(type, depth + 1);
    }
  }

  #skipItems(types: readonly number[], depth: number): void {
    const size = this.size(...types);
    for (let index = 0; index < size; index += 1) for (const type of types) this.skip(type, depth + 1);
  }
}

const fixedBytes = (type: number): number => {
  const bytes = leastBytes[type];
  if (bytes === undefined) throw new ThriftError(`there is no type ${type}`);
  return bytes;
};

/** @throws {ThriftError} where structs and containers are nested too deep. */
export const assertDepth = (depth: number): void => {
  if (depth > deepestNesting) throw new ThriftError(`values are nested deeper than ${deepestNesting} levels`);
};
