import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLocalWorkspaceServer } from "@tracelake/local-workspace";
import { encodeTraceRequest, parseLocation, toKeyValues, type JsonValue, type TraceInfo } from "@tracelake/wire";
import {
  connectWorkspace,
  createTraceInfo,
  exportSpansToUnityCatalog,
  searchTraceSummaries,
  type Connection,
  type TraceSummary,
} from "@tracelake/workspace-client";

/** A trace of one span, as an agent would have sent it. */
export interface MadeTrace {
  /** 32 hexadecimal characters. */
  readonly id: string;
  /** When it began, in Unix milliseconds. */
  readonly startMillis: number;
  readonly durationMillis?: number;
  readonly isError?: boolean;
  /** Below another span, which may never come. */
  readonly parentSpanId?: string;
  readonly inputs?: JsonValue;
  readonly outputs?: JsonValue;
  readonly session?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly metadata?: Readonly<Record<string, string>>;
}

const spanOf = (trace: MadeTrace) => {
  const { id, startMillis, durationMillis = 10, inputs = { question: id }, outputs = "An answer." } = trace;
  return {
    traceId: id,
    spanId: id.slice(-16),
    ...(trace.parentSpanId === undefined ? {} : { parentSpanId: trace.parentSpanId }),
    name: "agent",
    startTimeUnixNano: BigInt(startMillis) * 1_000_000n,
    endTimeUnixNano: BigInt(startMillis + durationMillis) * 1_000_000n,
    attributes: toKeyValues({
      "mlflow.spanType": "AGENT",
      "mlflow.spanInputs": inputs,
      "mlflow.spanOutputs": outputs,
      ...(trace.session === undefined ? {} : { "session.id": trace.session }),
    }),
    events: [],
    links: [],
    status: { code: trace.isError === true ? 2 : 1 },
  };
};

/** Sends traces as an exporter does, many at once. */
export const sendTraces = async (
  connection: Connection,
  place: string,
  traces: readonly MadeTrace[],
): Promise<void> => {
  const location = parseLocation(place);
  const spans = traces.map(spanOf);
  const body = encodeTraceRequest({
    resourceSpans: [{ resource: { attributes: [] }, scopeSpans: [{ scope: { name: "made", attributes: [] }, spans }] }],
  });
  await exportSpansToUnityCatalog(connection, location, body);
  for (const { id, tags, metadata } of traces) {
    if (tags === undefined && metadata === undefined) continue;
    const info: TraceInfo = { trace_id: id, tags: { ...tags }, trace_metadata: { ...metadata } };
    await createTraceInfo(connection, location, info);
  }
};

/** All traces of a location, with what was said of them. */
export const allTraces = async (connection: Connection, location: string): Promise<TraceSummary[]> => {
  const found: TraceSummary[] = [];
  for await (const summary of searchTraceSummaries(connection, { locations: [location], pageSize: 500 })) {
    found.push(summary);
  }
  return found;
};

/** A local workspace that is served; close it afterwards. */
export interface ServedWorkspace {
  readonly url: string;
  readonly token: string;
  readonly connection: Connection;
  readonly close: () => Promise<void>;
}

/** Serves an empty local workspace from a directory that is gone afterwards. */
export const serveWorkspace = async (): Promise<ServedWorkspace> => {
  const directory = await mkdtemp(join(tmpdir(), "tracelake-monitor-"));
  const server = await startLocalWorkspaceServer({ directory, port: 0, token: "the-token" });
  return {
    url: server.url,
    token: "the-token",
    connection: connectWorkspace({ host: server.url, token: "the-token", sqlWarehouseId: "local" }, {}),
    close: async () => {
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
};
