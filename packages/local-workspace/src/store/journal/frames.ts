import {
  decodeTraceRequest,
  JournalFrameType,
  parseTraceId,
  traceInfoSchema,
  type JournalContent,
  type JournalFrame,
  type TraceRequest,
  type UnityCatalogLocation,
} from "@tracelake/wire";
import type { LocatedTraceInfo } from "../trace-info.ts";

/** Frames that go into the tables together. */
export interface FrameBatch {
  readonly requests: TraceRequest[];
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

/** Decodes a group; a frame that cannot be decoded is counted, not thrown. */
export const decodeFrames = (frames: Frames, location: UnityCatalogLocation): FrameBatch => {
  const requests: TraceRequest[] = [];
  const infos: LocatedTraceInfo[] = [];
  let unreadableFrames = 0;
  for (const { frame } of frames) {
    try {
      if (frame.type === JournalFrameType.SPANS) requests.push(decodeTraceRequest(frame.body));
      else infos.push(readInfo(frame, location));
    } catch {
      unreadableFrames += 1;
    }
  }
  return { requests, infos, endOffset: frames.at(-1)?.endOffset ?? 0, unreadableFrames };
};
