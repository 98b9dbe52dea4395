import {
  decodeLogsRequest,
  decodeMetricsRequest,
  decodeTraceRequest,
  ErrorCode,
  parseJson,
  readLogsRequestJson,
  readMetricsRequestJson,
  readTraceRequestJson,
  TracelakeError,
  type TraceRequest,
} from "@tracelake/wire";
import { createDatabricksTranslator, type SqlTranslator } from "../sql/dialect.ts";
import { Engine } from "./engine.ts";
import { DuckDbGrants, type GrantStore } from "./grants.ts";
import { DuckDbExperiments, type ExperimentStore } from "./experiments.ts";
import { Ingest, type IngestReport, type OtlpRequest } from "./ingest.ts";
import { JournalDrain, type DrainReport } from "./journal/drain.ts";
import { layoutOf } from "./layout.ts";
import { messageOf } from "../message-of.ts";
import { runQuery, type QueryOptions, type QueryResult } from "./query.ts";
import { DuckDbRuns, type RunStore } from "./runs.ts";
import { DuckDbScorers, type ScorerStore } from "./scorers.ts";
import { Sessions } from "./session.ts";
import { SqlSessions, type StatementStore } from "./statements/sql-sessions.ts";
import { DuckDbTraces, type TraceStore } from "./traces/trace-store.ts";

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

const readJson = (body: Uint8Array): unknown => {
  try {
    return parseJson(Buffer.from(body).toString("utf8"));
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
    encoding === "protobuf" ? codec.protobuf(body) : codec.json(readJson(body));
  if (signal === "spans") return { signal, request: read(decoders.spans) };
  if (signal === "logs") return { signal, request: read(decoders.logs) };
  return { signal, request: read(decoders.metrics) };
};

/** Everything a workspace can be asked to do with its data. Arguments and results can be sent between threads. */
export interface Store {
  readonly traces: TraceStore;
  readonly experiments: ExperimentStore;
  readonly scorers: ScorerStore;
  readonly statements: StatementStore;
  readonly grants: GrantStore;
  readonly runs: RunStore;
  drain(): Promise<DrainReport>;
  query(sql: string, options: QueryOptions): Promise<QueryResult>;
  ingestOtlp(payload: OtlpPayload): Promise<IngestReport>;
  ingestTraces(table: string, request: TraceRequest): Promise<IngestReport>;
  close(): Promise<void>;
}

/** The store on DuckDB, in this thread. */
export class DuckDbStore implements Store {
  readonly #engine: Engine;
  readonly #ingest: Ingest;
  readonly #drain: JournalDrain;
  readonly #sessions: Sessions;
  readonly traces: TraceStore;
  readonly experiments: ExperimentStore;
  readonly scorers: ScorerStore;
  readonly statements: SqlSessions;
  readonly grants: GrantStore;
  readonly runs: RunStore;
  #translator: Promise<SqlTranslator> | undefined;

  private constructor(engine: Engine) {
    this.#engine = engine;
    this.#ingest = new Ingest(engine);
    this.#sessions = new Sessions(engine);
    this.traces = new DuckDbTraces(engine, this.#ingest);
    this.experiments = new DuckDbExperiments(engine);
    this.scorers = new DuckDbScorers(engine);
    this.grants = new DuckDbGrants(engine);
    this.runs = new DuckDbRuns(engine);
    const tools = { engine, translator: () => this.#loadTranslator(), grants: this.grants };
    this.statements = new SqlSessions(tools, this.#sessions);
    this.#drain = new JournalDrain(engine, this.#ingest);
  }

  /** @throws {TracelakeError} `LOCAL_WORKSPACE_BUSY` or `LOCAL_WORKSPACE_FAILED` */
  static async open(options: StoreOptions): Promise<DuckDbStore> {
    return new DuckDbStore(await Engine.open(layoutOf(options.directory), { readOnly: options.readOnly }));
  }

  drain(): Promise<DrainReport> {
    return this.#drain.run();
  }

  // The parser is only loaded where somebody asks something.
  #loadTranslator(): Promise<SqlTranslator> {
    return (this.#translator ??= createDatabricksTranslator());
  }

  async query(sql: string, options: QueryOptions): Promise<QueryResult> {
    const tools = { sessions: this.#sessions, translator: await this.#loadTranslator(), grants: this.grants };
    return runQuery(this.#engine, tools, { sql, options });
  }

  async ingestOtlp(payload: OtlpPayload): Promise<IngestReport> {
    return this.#ingest.store(payload.table, decode(payload));
  }

  async ingestTraces(table: string, request: TraceRequest): Promise<IngestReport> {
    return this.#ingest.store(table, { signal: "spans", request });
  }

  /** Stops the queries that are under way. */
  interrupt(): void {
    this.#engine.interrupt();
  }

  async close(): Promise<void> {
    await this.statements.close();
    this.#sessions.close();
    await this.#engine.close();
  }
}
