import {
  decodeLogsRequest,
  decodeMetricsRequest,
  decodeTraceRequest,
  JournalFrameType,
  parseTraceId,
  type JournalContent,
  type JournalFrame,
  type LogsRequest,
  type MetricsRequest,
  type TraceRequest,
  type UnityCatalogLocation,
} from "@tracelake/wire";
import { traceInfoSchema } from "@tracelake/wire/schemas";
import type { LocatedTraceInfo } from "../traces/trace-info.ts";

/** Frames that go into the tables together. */
export interface FrameBatch {
  readonly requests: TraceRequest[];
  readonly logs: LogsRequest[];
  readonly metrics: MetricsRequest[];
  readonly infos: LocatedTraceInfo[];
  /** Where the segment goes on after them. */
  readonly endOffset: number;
  /** Frames whose body is not what their type says. */
  readonly unreadableFrames: number;
}

type Frames = JournalContent["frames"];

const mostBatchBytes = 16 * 1024 * 1024;

/** Frames in groups that are small enough for one transaction. */
export const groupFrames = (frames: Frames): Frames[] => {
  const groups: Frames[number][][] = [];
  let bytes = Infinity;
  for (const item of frames) {
    if (bytes + item.frame.body.length > mostBatchBytes) {
      groups.push([]);
      bytes = 0;
    }
    bytes += item.frame.body.length;
    groups.at(-1)?.push(item);
  }
  return groups;
};

const readInfo = (frame: JournalFrame, location: UnityCatalogLocation): LocatedTraceInfo => {
  const info = traceInfoSchema.parse(JSON.parse(Buffer.from(frame.body).toString("utf8")));
  return { location, otelTraceId: parseTraceId(info.trace_id).otelTraceId, info };
};

const decodeInto = (batch: FrameBatch, frame: JournalFrame, location: UnityCatalogLocation): void => {
  switch (frame.type) {
    case JournalFrameType.SPANS:
      batch.requests.push(decodeTraceRequest(frame.body));
      return;
    case JournalFrameType.LOGS:
      batch.logs.push(decodeLogsRequest(frame.body));
      return;
    case JournalFrameType.METRICS:
      batch.metrics.push(decodeMetricsRequest(frame.body));
      return;
    default:
      batch.infos.push(readInfo(frame, location));
  }
};

/** A group of which nothing is stored. */
export const emptyBatch = (endOffset: number, unreadableFrames = 0): FrameBatch => ({
  requests: [],
  logs: [],
  metrics: [],
  infos: [],
  endOffset,
  unreadableFrames,
});

/** Decodes a group; a frame that cannot be decoded is counted, not thrown. */
export const decodeFrames = (frames: Frames, location: UnityCatalogLocation): FrameBatch => {
  const batch = emptyBatch(frames.at(-1)?.endOffset ?? 0);
  let unreadableFrames = 0;
  for (const { frame } of frames) {
    try {
      decodeInto(batch, frame, location);
    } catch {
      unreadableFrames += 1;
    }
  }
  return { ...batch, unreadableFrames };
};
