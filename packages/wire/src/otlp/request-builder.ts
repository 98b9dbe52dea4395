import {
  encodeResource,
  encodeScope,
  writeRecord,
  type Signal,
  type SignalRecord,
  type WrittenRecord,
} from "./encode.ts";
import type { InstrumentationScope, Resource } from "./messages.ts";

/** The three requests of OTLP agree on these numbers. */
export const requestField = { resourceGroup: 1, resource: 1, scopeGroup: 2, scope: 1, record: 2 } as const;

const varintSize = (value: number): number => {
  let size = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 128)) size++;
  return size;
};

/** Size of a length-delimited field with a number below 16. */
const delimitedSize = (length: number): number => 1 + varintSize(length) + length;

const writeHead = (target: Uint8Array, at: number, fieldNumber: number, length: number): number => {
  let next = at;
  target[next++] = fieldNumber * 8 + 2;
  let rest = length;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) target[next++] = (rest % 128) + 128;
  target[next++] = rest;
  return next;
};

const writeField = (target: Uint8Array, at: number, fieldNumber: number, bytes: Uint8Array): number => {
  const start = writeHead(target, at, fieldNumber, bytes.length);
  target.set(bytes, start);
  return start + bytes.length;
};

/** A field's number and a length below 2^35. */
const longestHeadBytes = 6;
const noBytes = Buffer.alloc(0);
const firstChunkBytes = 64 * 1024;
const mostKeptBytes = 4 * 1024 * 1024;
const mostKeptScopes = 8;

/** The records of one scope, as they will stand in the request. */
class ScopeGroup {
  readonly scopeBytes: Uint8Array;
  /** Left free before the records, where the heads of a request that holds nothing else go. */
  readonly #room: number;
  #chunk: Buffer = noBytes;
  #nextChunkBytes = firstChunkBytes;
  length = 0;

  constructor(resourceBytes: Uint8Array, scopeBytes: Uint8Array) {
    this.scopeBytes = scopeBytes;
    this.#room = delimitedSize(resourceBytes.length) + delimitedSize(scopeBytes.length) + 2 * longestHeadBytes;
  }

  get records(): Uint8Array {
    return this.#chunk.subarray(this.#room, this.#room + this.length);
  }

  get size(): number {
    return delimitedSize(this.scopeBytes.length) + this.length;
  }

  clear(): void {
    this.length = 0;
    if (this.#chunk.length > mostKeptBytes) this.#forgetChunk();
  }

  append(record: WrittenRecord): void {
    const start = this.#room + this.length;
    const end = start + delimitedSize(record.length);
    if (end > this.#chunk.length) this.#grow(end);
    record.copyTo(this.#chunk, writeHead(this.#chunk, start, requestField.record, record.length));
    this.length = end - this.#room;
  }

  /**
   * The request that holds these records only, in the memory in which they are, which is then no longer the group's;
   * `undefined` where that memory is mostly empty.
   */
  takeWhole(resourceBytes: Uint8Array): Uint8Array | undefined {
    const chunk = this.#chunk;
    if (this.length * 2 < chunk.length) return undefined;
    const groupSize = delimitedSize(resourceBytes.length) + delimitedSize(this.size);
    const end = this.#room + this.length;
    const start = end - delimitedSize(groupSize);
    const at = writeHead(chunk, start, requestField.resourceGroup, groupSize);
    const scopeAt = writeField(chunk, at, requestField.resource, resourceBytes);
    writeField(
      chunk,
      writeHead(chunk, scopeAt, requestField.scopeGroup, this.size),
      requestField.scope,
      this.scopeBytes,
    );
    this.#forgetChunk();
    return chunk.subarray(start, end);
  }

  /** Takes back the memory of a request that it gave away. */
  reuse(request: Uint8Array): void {
    if (this.length === 0 && request.buffer.byteLength <= mostKeptBytes) this.#chunk = Buffer.from(request.buffer);
  }

  // One huge record must not have its like made for good.
  #forgetChunk(): void {
    this.#nextChunkBytes = this.#chunk.length > mostKeptBytes ? firstChunkBytes : this.#chunk.length;
    this.#chunk = noBytes;
    this.length = 0;
  }

  #grow(leastBytes: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#chunk.length * 2, this.#nextChunkBytes, leastBytes));
    larger.set(this.records, this.#room);
    this.#chunk = larger;
  }
}

interface ResourceGroup {
  readonly resourceBytes: Uint8Array;
  readonly scopes: Map<object, ScopeGroup>;
}

/** Who a record is from. The identity of the two objects groups records; their content is read once. */
export interface RecordSource {
  readonly resource: object;
  readonly scope: object;
  readonly describe: () => { readonly resource: Resource; readonly scope: InstrumentationScope };
}

/**
 * Builds one OTLP request record by record, so that a record's bytes are written once and the objects it was made of can
 * be forgotten.
 */
export class RequestBuilder<S extends Signal> {
  readonly #signal: S;
  readonly #resources = new Map<object, ResourceGroup>();
  #recordCount = 0;
  #byteLength = 0;
  #lastTaken: ScopeGroup | undefined;

  constructor(signal: S) {
    this.#signal = signal;
  }

  get recordCount(): number {
    return this.#recordCount;
  }

  /** The size of the records so far; heads of groups add little. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** @throws whatever a record's values throw; the request is then as it was before. */
  add(record: SignalRecord[S], source: RecordSource): void {
    const group = this.#groupOf(source);
    const written = writeRecord(this.#signal, record);
    group.append(written);
    this.#recordCount++;
    this.#byteLength += written.length;
  }

  /** The whole request; the builder is empty afterwards. */
  finish(): Uint8Array {
    const request = this.#takeOnlyGroup() ?? this.#copyGroups();
    this.#clear();
    return request;
  }

  /** Takes back the memory of the last request, which nobody reads any more: new memory costs as much as filling it. */
  reuse(request: Uint8Array): void {
    this.#lastTaken?.reuse(request);
  }

  #takeOnlyGroup(): Uint8Array | undefined {
    this.#lastTaken = undefined;
    const filled = [...this.#resources.values()].flatMap(({ resourceBytes, scopes }) =>
      [...scopes.values()].flatMap((scope) => (scope.length > 0 ? [{ resourceBytes, scope }] : [])),
    );
    const [only] = filled;
    if (only === undefined || filled.length > 1) return undefined;
    const request = only.scope.takeWhole(only.resourceBytes);
    if (request !== undefined) this.#lastTaken = only.scope;
    return request;
  }

  #copyGroups(): Uint8Array {
    const groups = [...this.#resources.values()].map(({ resourceBytes, scopes }) => {
      const filled = [...scopes.values()].filter(({ length }) => length > 0);
      const size =
        delimitedSize(resourceBytes.length) + filled.reduce((sum, scope) => sum + delimitedSize(scope.size), 0);
      return { resourceBytes, scopes: filled, size };
    });
    const filled = groups.filter(({ scopes }) => scopes.length > 0);
    const request = Buffer.allocUnsafeSlow(filled.reduce((sum, { size }) => sum + delimitedSize(size), 0));
    let at = 0;
    for (const { resourceBytes, scopes, size } of filled) {
      at = writeHead(request, at, requestField.resourceGroup, size);
      at = writeField(request, at, requestField.resource, resourceBytes);
      for (const scope of scopes) {
        at = writeHead(request, at, requestField.scopeGroup, scope.size);
        at = writeField(request, at, requestField.scope, scope.scopeBytes);
        request.set(scope.records, at);
        at += scope.length;
      }
    }
    return request;
  }

  // Buffers are kept for the next request, as those who record are few; where they are not, they are forgotten.
  #clear(): void {
    this.#recordCount = 0;
    this.#byteLength = 0;
    const scopes = [...this.#resources.values()].reduce((sum, group) => sum + group.scopes.size, 0);
    if (scopes > mostKeptScopes) this.#resources.clear();
    for (const group of this.#resources.values()) for (const scope of group.scopes.values()) scope.clear();
  }

  #groupOf({ resource, scope, describe }: RecordSource): ScopeGroup {
    let group = this.#resources.get(resource);
    const known = group?.scopes.get(scope);
    if (known !== undefined) return known;
    const described = describe();
    if (group === undefined) {
      group = { resourceBytes: encodeResource(described.resource), scopes: new Map() };
      this.#resources.set(resource, group);
    }
    const created = new ScopeGroup(group.resourceBytes, encodeScope(described.scope));
    group.scopes.set(scope, created);
    return created;
  }
}
