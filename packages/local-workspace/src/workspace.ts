import type { TraceRequest } from "@tracelake/wire";
import { defaultWorkspaceDirectory } from "@tracelake/wire";
import type { DrainReport } from "./store/journal/drain.ts";
import type { IngestReport } from "./store/ingest.ts";
import { openStore } from "./store/open-store.ts";
import type { QueryOptions, QueryResult } from "./store/query.ts";

/** Which workspace to open, and how. */
export interface LocalWorkspaceOptions {
  /** The workspace's root; `.tracelake` in the working directory by default. */
  readonly directory?: string;
  /** Only query. Any number of processes may do that at once, as long as none of them writes. */
  readonly readOnly?: boolean;
}

/** A workspace on this machine's disk, open in this process. */
export interface LocalWorkspace {
  /** Moves what agents wrote to the journals into the tables. Each span is stored once, however often it is read. */
  drain(): Promise<DrainReport>;
  /**
   * Runs one statement of Databricks SQL.
   *
   * @throws {TracelakeError} `SQL_SYNTAX`, `SQL_UNSUPPORTED` where it could not keep its meaning, or `SQL_FAILED`
   */
  query(sql: string, options?: QueryOptions): Promise<QueryResult>;
  /**
   * Stores spans in a table of a location, such as `main.agents.mlflow_experiment_trace_otel_spans`; it is made when it
   * is new.
   *
   * @throws {TracelakeError} `WORKSPACE_NOT_FOUND` where the name is not that of a spans table.
   */
  ingestTraces(tableName: string, request: TraceRequest): Promise<IngestReport>;
  /** Finishes what is under way and lets go of the files. */
  close(): Promise<void>;
}

/**
 * Opens a local workspace in this process.
 *
 * @throws {TracelakeError} `LOCAL_WORKSPACE_BUSY` where another process has it open, naming its server if there is one;
 *   `LOCAL_WORKSPACE_FAILED` where its files cannot be opened.
 */
export const openLocalWorkspace = async (options: LocalWorkspaceOptions = {}): Promise<LocalWorkspace> => {
  const { directory = defaultWorkspaceDirectory, readOnly = false } = options;
  const { store, close } = await openStore({ directory, readOnly });
  return {
    drain: () => store.drain(),
    query: (sql, queryOptions = {}) => store.query(sql, queryOptions),
    ingestTraces: (tableName, request) => store.ingestTraces(tableName, request),
    close,
  };
};
