import { toTraceLocation, type UnityCatalogLocation } from "@tracelake/wire";
import { toTraceInfo, type EndedTrace } from "./trace-info.ts";

/** The trace info of a trace in the tables of a location, as it is sent and kept. */
export const encodeCatalogTraceInfo = (trace: EndedTrace, location: UnityCatalogLocation): Uint8Array =>
  Buffer.from(JSON.stringify({ ...toTraceInfo(trace, "unity-catalog"), trace_location: toTraceLocation(location) }));

const idBytes = 64;

/** The id of the trace that an encoded trace info is about, which stands first: the previews behind it may be long. */
export const traceIdIn = (info: Uint8Array): string =>
  /^\{"trace_id":"([^"]+)"/.exec(Buffer.from(info.subarray(0, idBytes)).toString("latin1"))?.[1] ?? "";
