import { requestField } from "./request-builder.ts";
import { WireReader, WireType } from "./wire-reader.ts";

/** Part of a request that is a request of its own. */
export interface RequestPart {
  readonly bytes: Uint8Array;
  readonly recordCount: number;
}

interface RawField {
  readonly number: number;
  /** The field with its head. */
  readonly whole: Uint8Array;
  readonly content: Uint8Array;
}

const fieldsOf = (bytes: Uint8Array): RawField[] => {
  const reader = new WireReader(bytes);
  const fields: RawField[] = [];
  while (reader.position < reader.length) {
    const start = reader.position;
    const [number, wireType] = reader.tag();
    let content: Uint8Array = new Uint8Array();
    if (wireType === WireType.LENGTH_DELIMITED) content = reader.bytes();
    else reader.skip(wireType, number);
    fields.push({ number, whole: bytes.subarray(start, reader.position), content });
  }
  return fields;
};

const delimited = (fieldNumber: number, parts: readonly Uint8Array[]): Uint8Array => {
  const content = Buffer.concat(parts);
  const head: number[] = [fieldNumber * 8 + 2];
  let rest = content.length;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) head.push((rest % 128) + 128);
  head.push(rest);
  return Buffer.concat([Uint8Array.from(head), content]);
};

/** One record with what it stands in. */
interface PlacedRecord {
  readonly bytes: Uint8Array;
  readonly resourceGroup: readonly Uint8Array[];
  readonly scopeGroup: readonly Uint8Array[];
}

const recordsOf = (request: Uint8Array): PlacedRecord[] => {
  const records: PlacedRecord[] = [];
  for (const group of fieldsOf(request)) {
    if (group.number !== requestField.resourceGroup) continue;
    const inGroup = fieldsOf(group.content);
    const resourceGroup = inGroup.flatMap(({ number, whole }) => (number === requestField.scopeGroup ? [] : [whole]));
    for (const scope of inGroup) {
      if (scope.number !== requestField.scopeGroup) continue;
      const inScope = fieldsOf(scope.content);
      const scopeGroup = inScope.flatMap(({ number, whole }) => (number === requestField.record ? [] : [whole]));
      for (const { number, whole } of inScope)
        if (number === requestField.record) records.push({ bytes: whole, resourceGroup, scopeGroup });
    }
  }
  return records;
};

const joinRecords = (records: readonly PlacedRecord[]): RequestPart => {
  const groups: Uint8Array[] = [];
  for (let start = 0; start < records.length;) {
    const first = records[start];
    if (first === undefined) break;
    const scopes: Uint8Array[] = [];
    while (records[start]?.resourceGroup === first.resourceGroup) {
      const { scopeGroup } = records[start] ?? first;
      const own: Uint8Array[] = [];
      for (; records[start]?.scopeGroup === scopeGroup; start++) own.push(records[start]?.bytes ?? new Uint8Array());
      scopes.push(delimited(requestField.scopeGroup, [...scopeGroup, ...own]));
    }
    groups.push(delimited(requestField.resourceGroup, [...first.resourceGroup, ...scopes]));
  }
  return { bytes: Buffer.concat(groups), recordCount: records.length };
};

/**
 * Cuts an OTLP request of any signal into requests of at most `mostBytes` of records each, without decoding a record.
 * A record that is larger by itself is a part of its own. The parts hold the records in their order.
 *
 * @throws where the bytes are not such a request.
 */
export const splitRequest = (request: Uint8Array, mostBytes: number): RequestPart[] => {
  const parts: PlacedRecord[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const record of recordsOf(request)) {
    if (size + record.bytes.length > mostBytes) {
      parts.push([]);
      size = 0;
    }
    parts.at(-1)?.push(record);
    size += record.bytes.length;
  }
  return parts.map(joinRecords);
};

/** {@link splitRequest} into two requests of about as many records each; one where there is only one record. */
export const halveRequest = (request: Uint8Array): RequestPart[] => {
  const records = recordsOf(request);
  const middle = Math.ceil(records.length / 2);
  return [records.slice(0, middle), records.slice(middle)].filter((half) => half.length > 0).map(joinRecords);
};
