import { createTraceInfo, exportSpansToUnityCatalog, type Connection } from "@tracelake/workspace-client";
import { tablesOf, toTraceLocation, type UnityCatalogLocation } from "@tracelake/wire";
import { toTraceInfo } from "../convert/trace-info.ts";
import { encodeSpans } from "../pipeline/records.ts";
import { Delivery, type Sink } from "./sink.ts";

/** Takes traces to the tables of a Unity Catalog location. */
export const createUnityCatalogSink = (connection: Connection, location: UnityCatalogLocation): Sink => ({
  name: tablesOf(location).spans,
  location,
  delivery: Delivery.EXPORTED,
  async sendSpans(records) {
    const answer = await exportSpansToUnityCatalog(connection, location, encodeSpans(records, location));
    return answer.rejectedSpans;
  },
  async sendTrace(trace) {
    await createTraceInfo(connection, location, {
      ...toTraceInfo(trace, "unity-catalog"),
      trace_location: toTraceLocation(location),
    });
  },
  close: async () => {},
});
