import { resolve } from "node:path";
import { formatLocation, JournalFrameType, toTraceLocation, type UnityCatalogLocation } from "@tracelake/wire";
import { toTraceInfo, type EndedTrace } from "../convert/trace-info.ts";
import { encodeSpans, type SpanRecord } from "../pipeline/records.ts";
import { JournalWriter } from "./journal-writer.ts";
import { Delivery, type Sink } from "./sink.ts";

/** Takes traces to the journal of a local workspace, from where that workspace takes them to its tables. */
export const createJournalSink = (directory: string, location: UnityCatalogLocation): Sink => {
  const writer = new JournalWriter(resolve(directory, "journal"), formatLocation(location));
  const writeSpans = (records: readonly SpanRecord[]): void => {
    if (records.length === 0) return;
    writer.append({ type: JournalFrameType.SPANS, recordCount: records.length, body: encodeSpans(records, location) });
  };
  const writeTrace = (trace: EndedTrace): void => {
    const info = { ...toTraceInfo(trace, "unity-catalog"), trace_location: toTraceLocation(location) };
    writer.append({ type: JournalFrameType.TRACE_INFO, recordCount: 1, body: Buffer.from(JSON.stringify(info)) });
  };
  return {
    name: resolve(directory),
    location,
    delivery: Delivery.DURABLE,
    async sendSpans(records) {
      writeSpans(records);
      return 0;
    },
    async sendTrace(trace) {
      writeTrace(trace);
    },
    sendNow(spans, traces) {
      writeSpans(spans);
      for (const trace of traces) writeTrace(trace);
      writer.seal();
    },
    async close() {
      writer.seal();
    },
  };
};
