import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  encodeJournalHeader,
  encodeTraceRequest,
  JournalFrameType,
  toKeyValues,
  type JsonValue,
  type Span,
  type TraceInfo,
  type TraceRequest,
} from "@tracelake/wire";
import { encodeJournalFrame } from "../../../test/support/journal-frame.ts";

/** 2026-11-22T12:00:00.000001002Z */
export const startUnixNano = 1_795_348_800_000_001_002n;

const hex = (number: number, length: number): string => number.toString(16).padStart(length, "0");

export const traceIdOf = (trace: number): string => hex(trace, 32);
const spanIdOf = (span: number): string => hex(span, 16);

/** A span, a root unless it names a parent. */
export const makeSpan = (
  trace: number,
  span: number,
  given: Partial<Omit<Span, "attributes">> & { attributes?: { [key: string]: JsonValue } } = {},
): Span => {
  const { attributes = {}, ...rest } = given;
  return {
    traceId: traceIdOf(trace),
    spanId: spanIdOf(span),
    name: `span-${span}`,
    kind: 1,
    startTimeUnixNano: startUnixNano,
    endTimeUnixNano: startUnixNano + 1_500_000_000n,
    attributes: toKeyValues(attributes),
    events: [],
    links: [],
    status: { code: 1 },
    ...rest,
  };
};

export const traceRequest = (...spans: Span[]): TraceRequest => ({
  resourceSpans: [
    {
      resource: { attributes: toKeyValues({ "service.name": "support-agent" }) },
      scopeSpans: [{ scope: { name: "test", version: "1", attributes: [] }, spans }],
    },
  ],
});

export const spansFrame = (...spans: Span[]): Buffer =>
  encodeJournalFrame({
    type: JournalFrameType.SPANS,
    recordCount: spans.length,
    body: encodeTraceRequest(traceRequest(...spans)),
  });

export const infoFrame = (info: TraceInfo): Buffer =>
  encodeJournalFrame({ type: JournalFrameType.TRACE_INFO, recordCount: 1, body: Buffer.from(JSON.stringify(info)) });

export const journalHeader = (location: string): Buffer =>
  encodeJournalHeader({ version: 1, location, createdUnixMillis: 1 });

/** A writer that does not run: no process has this id. */
export const deadWriter = "p-2147483646-1-abc";
export const livingWriter = `p-${process.pid}-1-abc`;

/** Writes a file into a workspace's journal and returns its path. */
export const writeSegment = async (
  directory: string,
  place: { location: string; writer?: string; name?: string },
  content: Buffer[],
): Promise<string> => {
  const folder = join(directory, "journal", place.location, place.writer ?? livingWriter);
  await mkdir(folder, { recursive: true });
  const file = join(folder, place.name ?? "000001.seg");
  await writeFile(file, Buffer.concat(content));
  return file;
};
