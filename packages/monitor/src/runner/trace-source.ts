import {
  getExperiment,
  getTraces,
  linkedLocationOf,
  searchTraceSummaries,
  type Connection,
  type SearchTracesOptions,
  type Trace,
  type TraceSummary,
} from "@tracelake/workspace-client";
import { ErrorCode, formatLocation, parseLocation, TraceMetadataKey, TracelakeError } from "@tracelake/wire";
import type { MonitorOptions } from "./monitor-options.ts";
import { startMillisOf } from "./trace-times.ts";

/** A part of the time in which traces began, in Unix milliseconds: from the first moment, before the second. */
export interface TimeSlice {
  readonly fromMillis: number;
  /** `undefined` for everything later. */
  readonly toMillis: number | undefined;
}

const pageSize = 500;

/** How many traces of a session are judged; of more, the newest. */
export const mostTracesOfSession = 1000;

// MLflow's own client asks a workspace for ten; to a local one the way costs more than the traces.
const localBatch = 250;
const remoteBatch = 10;

const oldestFirst = ["timestamp_ms ASC"];
const newestFirst = ["timestamp_ms DESC"];

const inSlice = ({ fromMillis, toMillis }: TimeSlice): string =>
  `trace.timestamp_ms >= ${Math.floor(fromMillis)}${toMillis === undefined ? "" : ` AND trace.timestamp_ms < ${Math.ceil(toMillis)}`}`;

const quoted = (text: string): string => {
  if (!text.includes("'")) return `'${text}'`;
  if (!text.includes('"')) return `"${text}"`;
  throw new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, {
    failed: "The session cannot be searched for",
    seen: text,
    remedy: "Name sessions without both kinds of quotation marks: MLflow's filters have no way to write them.",
  });
};

const ofSession = (session: string): string => `metadata.\`${TraceMetadataKey.SESSION}\` = ${quoted(session)}`;

// Such as an answer that is too large: one trace must not keep others from being read.
const isAboutTraces = (error: unknown): boolean =>
  TracelakeError.isInstance(error) &&
  (error.code === ErrorCode.WORKSPACE_RESPONSE_INVALID || error.code === ErrorCode.WORKSPACE_REJECTED);

const allOf = (...conditions: readonly (string | undefined)[]): string =>
  conditions.filter((condition) => condition !== undefined && condition.trim() !== "").join(" AND ");

const placeOf = async ({
  connection,
  location,
  experiment,
}: MonitorOptions): Promise<Pick<SearchTracesOptions, "locations" | "experimentIds">> => {
  if (location !== undefined) return { locations: [formatLocation(parseLocation(location))] };
  if (experiment !== undefined) {
    const found = await getExperiment(connection, experiment);
    const linked = linkedLocationOf(found);
    return linked === undefined ? { experimentIds: [found.experiment_id] } : { locations: [formatLocation(linked)] };
  }
  throw new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, {
    failed: "The monitor does not know which traces to follow",
    seen: "neither `location` nor `experiment`",
    remedy: 'Give a location such as "catalog.schema.table_prefix", or an experiment.',
  });
};

/** The traces of a location or an experiment. */
export class TraceSource {
  readonly #connection: Connection;
  readonly #place: Pick<SearchTracesOptions, "locations" | "experimentIds">;
  readonly batchSize: number;

  private constructor(connection: Connection, place: TraceSource["place"]) {
    this.#connection = connection;
    this.#place = place;
    this.batchSize = connection.service === "local" ? localBatch : remoteBatch;
  }

  /** @throws {TracelakeError} `CONFIG_*` where no place is named, `WORKSPACE_*` where the experiment cannot be read. */
  static async open(options: MonitorOptions): Promise<TraceSource> {
    return new TraceSource(options.connection, await placeOf(options));
  }

  get place(): Pick<SearchTracesOptions, "locations" | "experimentIds"> {
    return this.#place;
  }

  /** The traces that began in a slice and fulfil a filter, oldest first, page by page. */
  async *pages(slice: TimeSlice, filter?: string): AsyncGenerator<readonly TraceSummary[], void, void> {
    let page: TraceSummary[] = [];
    for await (const summary of this.#search(allOf(inSlice(slice), filter))) {
      page.push(summary);
      if (page.length < pageSize) continue;
      yield page;
      page = [];
    }
    if (page.length > 0) yield page;
  }

  /** The ids of the traces that began in a slice and fulfil a filter. */
  async idsIn(slice: TimeSlice, filter: string): Promise<ReadonlySet<string>> {
    const ids = new Set<string>();
    for await (const page of this.pages(slice, filter)) for (const { traceId } of page) ids.add(traceId);
    return ids;
  }

  /**
   * The traces of a session, oldest first: all of them, or of a very long one the first and the last ones, as many each as
   * are judged. The first one is always among them: what is said of the session is said there.
   */
  async session(session: string): Promise<readonly TraceSummary[]> {
    const condition = ofSession(session);
    const read = async (orderBy: readonly string[]): Promise<TraceSummary[]> => {
      const found: TraceSummary[] = [];
      const search = this.#search(condition, { limit: mostTracesOfSession, orderBy });
      for await (const summary of search) found.push(summary);
      return found;
    };
    const first = await read(oldestFirst);
    const last = first.length < mostTracesOfSession ? [] : await read(newestFirst);
    const all = new Map([...first, ...last].map((summary) => [summary.traceId, summary]));
    // The same order every time, also of those that began together.
    return [...all.values()].sort((a, b) => startMillisOf(a) - startMillisOf(b) || (a.traceId < b.traceId ? -1 : 1));
  }

  /** Whether a trace fulfils a filter. */
  async fulfils({ traceId, requestTime, session }: TraceSummary, filter: string): Promise<boolean> {
    const startMillis = requestTime?.getTime();
    const condition = allOf(
      startMillis === undefined ? undefined : inSlice({ fromMillis: startMillis, toMillis: startMillis + 1 }),
      session === undefined ? undefined : ofSession(session),
      filter,
    );
    for await (const found of this.#search(condition)) if (found.traceId === traceId) return true;
    return false;
  }

  /**
   * Traces with their spans, by their ids; those that are not there are absent.
   *
   * @param onUnreadable told of each trace that cannot be read, also when it is asked for alone, and why; it is absent, too.
   * @throws {TracelakeError} where the workspace cannot be asked.
   */
  async read(
    traceIds: readonly string[],
    onUnreadable: (traceId: string, cause: unknown) => void,
  ): Promise<ReadonlyMap<string, Trace>> {
    try {
      const traces = await getTraces(this.#connection, { traceIds, batchSize: this.batchSize });
      return new Map(traces.map((trace) => [trace.info.traceId, trace]));
    } catch (cause) {
      if (!isAboutTraces(cause)) throw cause;
      const [first, ...others] = traceIds;
      if (first !== undefined && others.length === 0) onUnreadable(first, cause);
      if (others.length === 0) return new Map();
      const middle = Math.ceil(traceIds.length / 2);
      const halves = [traceIds.slice(0, middle), traceIds.slice(middle)];
      const read: [string, Trace][] = [];
      for (const half of halves) read.push(...(await this.read(half, onUnreadable)));
      return new Map(read);
    }
  }

  #search(
    filter: string,
    more: Pick<SearchTracesOptions, "limit" | "orderBy"> = {},
  ): AsyncGenerator<TraceSummary, void, void> {
    return searchTraceSummaries(this.#connection, {
      ...this.#place,
      filter,
      orderBy: oldestFirst,
      pageSize,
      ...more,
    });
  }
}
