import {
  decodeLogsRequest,
  decodeMetricsRequest,
  decodeTraceRequest,
  ErrorCode,
  parseLocation,
  readLogsRequestJson,
  readMetricsRequestJson,
  readTraceRequestJson,
  TracelakeError,
  type Experiment,
  type TraceInfo,
  type TraceRequest,
} from "@tracelake/wire";
import { createDatabricksTranslator, type SqlTranslator } from "../sql/dialect.ts";
import { Engine } from "./engine.ts";
import {
  createExperiment,
  readExperiment,
  setExperimentTag,
  type ExperimentKey,
  type NewExperiment,
} from "./experiments.ts";
import { Ingest, type IngestReport, type OtlpRequest } from "./ingest.ts";
import { JournalDrain, type DrainReport } from "./journal/drain.ts";
import { layoutOf } from "./layout.ts";
import { messageOf } from "./messages.ts";
import { runQuery, type QueryOptions, type QueryResult } from "./query.ts";
import { Sessions } from "./session.ts";
import { readTraceInfo } from "./trace-info.ts";

/** Where a store's files are, and what may be done with them. */
export interface StoreOptions {
  readonly directory: string;
  readonly readOnly: boolean;
}

/** An OTLP request as it arrived, inflated but not decoded. */
export interface OtlpPayload {
  readonly table: string;
  readonly signal: OtlpRequest["signal"];
  readonly encoding: "protobuf" | "json";
  readonly body: Uint8Array;
}

const decoders = {
  spans: { protobuf: decodeTraceRequest, json: readTraceRequestJson },
  logs: { protobuf: decodeLogsRequest, json: readLogsRequestJson },
  metrics: { protobuf: decodeMetricsRequest, json: readMetricsRequestJson },
} as const;

const parseJson = (body: Uint8Array): unknown => {
  try {
    return JSON.parse(Buffer.from(body).toString("utf8"));
  } catch (cause) {
    throw new TracelakeError(ErrorCode.OTLP_INVALID, {
      failed: "The body is not OTLP JSON",
      seen: `${body.length} bytes, ${messageOf(cause)}`,
      remedy: "Send the JSON encoding that the content type promises.",
      cause,
    });
  }
};

const decode = ({ signal, encoding, body }: OtlpPayload): OtlpRequest => {
  const read = <T>(codec: { protobuf: (bytes: Uint8Array) => T; json: (value: unknown) => T }): T =>
    encoding === "protobuf" ? codec.protobuf(body) : codec.json(parseJson(body));
  if (signal === "spans") return { signal, request: read(decoders.spans) };
  if (signal === "logs") return { signal, request: read(decoders.logs) };
  return { signal, request: read(decoders.metrics) };
};

/**
 * Everything a workspace can be asked to do with its data. Arguments and results can be sent between threads.
 */
export interface Store {
  drain(): Promise<DrainReport>;
  query(sql: string, options: QueryOptions): Promise<QueryResult>;
  ingestOtlp(payload: OtlpPayload): Promise<IngestReport>;
  ingestTraces(table: string, request: TraceRequest): Promise<IngestReport>;
  putTraceInfo(location: string, otelTraceId: string, info: TraceInfo): Promise<void>;
  getTraceInfo(location: string, otelTraceId: string): Promise<TraceInfo | undefined>;
  createExperiment(experiment: NewExperiment): Promise<string | undefined>;
  getExperiment(key: ExperimentKey): Promise<Experiment | undefined>;
  setExperimentTag(tag: { experimentId: string; key: string; value: string }): Promise<boolean>;
  close(): Promise<void>;
}

/** The store on DuckDB, in this thread. */
export class DuckDbStore implements Store {
  readonly #engine: Engine;
  readonly #ingest: Ingest;
  readonly #drain: JournalDrain;
  readonly #sessions: Sessions;
  #translator: Promise<SqlTranslator> | undefined;

  private constructor(engine: Engine) {
    this.#engine = engine;
    this.#ingest = new Ingest(engine);
    this.#sessions = new Sessions(engine);
    this.#drain = new JournalDrain(engine, this.#ingest);
  }

  /** @throws {TracelakeError} `LOCAL_WORKSPACE_BUSY` or `LOCAL_WORKSPACE_FAILED` */
  static async open(options: StoreOptions): Promise<DuckDbStore> {
    return new DuckDbStore(await Engine.open(layoutOf(options.directory), { readOnly: options.readOnly }));
  }

  drain(): Promise<DrainReport> {
    return this.#drain.run();
  }

  async query(sql: string, options: QueryOptions): Promise<QueryResult> {
    // The parser is only loaded where somebody asks something.
    this.#translator ??= createDatabricksTranslator();
    const tools = { sessions: this.#sessions, translator: await this.#translator };
    return runQuery(this.#engine, tools, { sql, options });
  }

  async ingestOtlp(payload: OtlpPayload): Promise<IngestReport> {
    return this.#ingest.store(payload.table, decode(payload));
  }

  async ingestTraces(table: string, request: TraceRequest): Promise<IngestReport> {
    return this.#ingest.store(table, { signal: "spans", request });
  }

  async putTraceInfo(location: string, otelTraceId: string, info: TraceInfo): Promise<void> {
    await this.#ingest.storeTraceInfo({ location: parseLocation(location), otelTraceId, info });
  }

  async getTraceInfo(location: string, otelTraceId: string): Promise<TraceInfo | undefined> {
    const parsed = parseLocation(location);
    if (!this.#engine.hasCatalog(parsed.catalog)) return undefined;
    const connection = await this.#engine.connect();
    try {
      return await readTraceInfo(connection, parsed, otelTraceId);
    } catch (error) {
      if (/^Catalog Error: Table .* does not exist/.test(messageOf(error))) return undefined;
      throw error;
    } finally {
      connection.closeSync();
    }
  }

  createExperiment(experiment: NewExperiment): Promise<string | undefined> {
    return this.#engine.stateTransaction((connection) => createExperiment(connection, experiment));
  }

  async getExperiment(key: ExperimentKey): Promise<Experiment | undefined> {
    const connection = await this.#engine.connect();
    try {
      return await readExperiment(connection, key);
    } finally {
      connection.closeSync();
    }
  }

  setExperimentTag(tag: { experimentId: string; key: string; value: string }): Promise<boolean> {
    return this.#engine.stateTransaction((connection) => setExperimentTag(connection, tag));
  }

  async close(): Promise<void> {
    this.#sessions.close();
    await this.#engine.close();
  }
}
