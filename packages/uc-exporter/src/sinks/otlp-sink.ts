import { exportSpansToOtlp, type Connection } from "@tracelake/workspace-client";
import { encodeSpans } from "../pipeline/records.ts";
import { Delivery, type Sink } from "./sink.ts";

/** Takes spans to any OTLP/HTTP endpoint. What is not a span (tags, metadata, previews) has no place there. */
export const createOtlpSink = (connection: Connection, headers: Readonly<Record<string, string>>): Sink => ({
  name: connection.baseUrl,
  location: undefined,
  delivery: Delivery.EXPORTED,
  async sendSpans(records) {
    const answer = await exportSpansToOtlp(connection, headers, encodeSpans(records, undefined));
    return answer.rejectedSpans;
  },
  sendTrace: async () => {},
  close: async () => {},
});
