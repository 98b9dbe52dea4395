import type { DuckDBConnection } from "@duckdb/node-api";
import {
  ErrorCode,
  formatLocation,
  locationKey,
  parseLocation,
  tablesOf,
  TracelakeError,
  type Assessment,
  type Span,
  type TraceInfo,
  type UnityCatalogLocation,
} from "@tracelake/wire";
import type { Engine } from "../engine.ts";
import { GroupedWrites } from "../grouped-writes.ts";
import type { Ingest } from "../ingest.ts";
import { messageOf } from "../../message-of.ts";
import { quoteQualified } from "../schema/names.ts";
import { writeAnnotations, type Annotation } from "./annotations.ts";
import {
  createAssessments,
  deleteAssessment,
  readAssessment,
  updateAssessment,
  type ChangeableField,
  type NewAssessment,
  type TraceKey,
} from "./assessments.ts";
import { deleteTraces, type TracesToDelete } from "./delete-traces.ts";
import { experimentOfLocation } from "./experiment-location.ts";
import { searchTraces, type TraceQuery } from "./search.ts";
import { readSpans } from "./spans.ts";
import { readTraceInfos } from "./trace-info.ts";

/** A trace with its spans, in the order in which they began. */
export interface WholeTrace {
  readonly info: TraceInfo;
  readonly spans: readonly Span[];
}

/** Which trace is meant: a location's text and the trace's 32 hexadecimal characters. */
export interface TraceName {
  readonly location: string;
  readonly otelTraceId: string;
}

export interface TracePage {
  readonly infos: readonly TraceInfo[];
  readonly nextPageToken?: string;
}

export type TraceSearchQuery = Omit<TraceQuery, "locations"> & { readonly locations: readonly string[] };

/** What can be asked of the traces in a workspace. Traces and locations that are not there have none. */
export interface TraceStore {
  putTraceInfo(trace: TraceName, info: TraceInfo): Promise<void>;
  getTraceInfos(location: string, otelTraceIds: readonly string[]): Promise<TraceInfo[]>;
  getTraces(location: string, otelTraceIds: readonly string[]): Promise<WholeTrace[]>;
  searchTraces(query: TraceSearchQuery): Promise<TracePage>;
  annotateTraces(location: string, otelTraceIds: readonly string[], annotation: Annotation): Promise<void>;
  createAssessment(trace: TraceName, assessment: Assessment): Promise<Assessment>;
  /** Creates all of them or none, none of which may override another. @returns their ids, in their order. */
  createAssessments(location: string, created: readonly NewAssessment[]): Promise<string[]>;
  getAssessment(trace: TraceName, assessmentId: string): Promise<Assessment | undefined>;
  updateAssessment(
    trace: TraceName,
    change: {
      readonly assessmentId: string;
      readonly fields: readonly ChangeableField[];
      readonly given: Partial<Assessment>;
    },
  ): Promise<Assessment>;
  deleteAssessment(trace: TraceName, assessmentId: string): Promise<void>;
  /** @returns the ids of those that were there. */
  deleteTraces(location: string, which: TracesToDelete): Promise<string[]>;
  createLocation(location: string): Promise<void>;
  hasLocation(location: string): Promise<boolean>;
}

interface LocationTransaction {
  readonly connection: DuckDBConnection;
  readonly parsed: UnityCatalogLocation;
}

type AssessmentGroup = GroupedWrites<LocationTransaction, NewAssessment, Assessment>;

/** {@link TraceStore} on DuckDB. */
export class DuckDbTraces implements TraceStore {
  readonly #engine: Engine;
  readonly #ingest: Ingest;
  readonly #created = new Map<string, AssessmentGroup>();

  constructor(engine: Engine, ingest: Ingest) {
    this.#engine = engine;
    this.#ingest = ingest;
  }

  async putTraceInfo({ location, otelTraceId }: TraceName, info: TraceInfo): Promise<void> {
    await this.#ingest.storeTraceInfo({ location: parseLocation(location), otelTraceId, info });
  }

  getTraceInfos(location: string, otelTraceIds: readonly string[]): Promise<TraceInfo[]> {
    return this.#read(location, [], async (connection, parsed) => [
      ...(await readTraceInfos(connection, parsed, otelTraceIds)).values(),
    ]);
  }

  getTraces(location: string, otelTraceIds: readonly string[]): Promise<WholeTrace[]> {
    return this.#read(location, [], async (connection, parsed) => {
      const infos = await readTraceInfos(connection, parsed, otelTraceIds);
      const spans = await readSpans(connection, parsed, [...infos.keys()]);
      return [...infos].map(([id, info]) => ({ info, spans: spans.get(id) ?? [] }));
    });
  }

  searchTraces(query: TraceSearchQuery): Promise<TracePage> {
    return this.#engine.read(async (connection) => {
      const locations: UnityCatalogLocation[] = [];
      for (const text of new Set(query.locations)) {
        const location = parseLocation(text);
        if (await this.#exists(connection, location)) locations.push(location);
        else if (experimentOfLocation(location) === undefined) throw noLocation(location);
      }
      const { found, nextPageToken } = await searchTraces(connection, { ...query, locations });
      const infos = await this.#infosOf(connection, found);
      return { infos, ...(nextPageToken === undefined ? {} : { nextPageToken }) };
    });
  }

  async #infosOf(
    connection: DuckDBConnection,
    found: readonly { readonly location: UnityCatalogLocation; readonly otelTraceId: string }[],
  ): Promise<TraceInfo[]> {
    const byLocation = new Map<UnityCatalogLocation, string[]>();
    for (const { location, otelTraceId } of found) {
      byLocation.set(location, [...(byLocation.get(location) ?? []), otelTraceId]);
    }
    const infos = new Map<UnityCatalogLocation, Map<string, TraceInfo>>();
    for (const [location, ids] of byLocation) infos.set(location, await readTraceInfos(connection, location, ids));
    return found.flatMap(({ location, otelTraceId }) => infos.get(location)?.get(otelTraceId) ?? []);
  }

  annotateTraces(location: string, otelTraceIds: readonly string[], annotation: Annotation): Promise<void> {
    return this.#write(location, async (connection, parsed) => {
      const annotated = otelTraceIds.map((otelTraceId) => ({ otelTraceId, annotation }));
      await writeAnnotations(connection, parsed, annotated);
    });
  }

  createAssessment({ location, otelTraceId }: TraceName, assessment: Assessment): Promise<Assessment> {
    const created = { otelTraceId, assessment };
    // One that overrides another can be refused, and the others of its transaction with it.
    if (assessment.overrides === undefined) return this.#groupOf(location).add(created);
    return this.#write(location, async (connection, parsed) => {
      const [stored = assessment] = await createAssessments(connection, parsed, [created]);
      return stored;
    });
  }

  async createAssessments(location: string, created: readonly NewAssessment[]): Promise<string[]> {
    const group = this.#groupOf(location);
    // What is handed in at once is written in one transaction.
    const stored = await Promise.all(created.map((item) => group.add(item)));
    return stored.map(({ assessment_id: id = "" }) => id);
  }

  #groupOf(location: string): AssessmentGroup {
    const key = locationKey(parseLocation(location));
    let group = this.#created.get(key);
    if (group === undefined) {
      group = new GroupedWrites(
        (work) => this.#write(location, (connection, parsed) => work({ connection, parsed })),
        ({ connection, parsed }, items) => createAssessments(connection, parsed, items),
      );
      this.#created.set(key, group);
    }
    return group;
  }

  getAssessment({ location, otelTraceId }: TraceName, assessmentId: string): Promise<Assessment | undefined> {
    return this.#read(location, undefined, (connection, parsed) =>
      readAssessment(connection, { location: parsed, otelTraceId }, assessmentId),
    );
  }

  updateAssessment(...[trace, change]: Parameters<TraceStore["updateAssessment"]>): Promise<Assessment> {
    return this.#writeOf(trace, (connection, key) => updateAssessment(connection, key, change));
  }

  deleteAssessment(trace: TraceName, assessmentId: string): Promise<void> {
    return this.#writeOf(trace, (connection, key) => deleteAssessment(connection, key, assessmentId));
  }

  async deleteTraces(location: string, which: TracesToDelete): Promise<string[]> {
    if (!(await this.hasLocation(location))) return [];
    return this.#write(location, (connection, parsed) => deleteTraces(connection, parsed, which));
  }

  async createLocation(location: string): Promise<void> {
    await this.#write(location, async () => undefined);
  }

  hasLocation(location: string): Promise<boolean> {
    return this.#engine.read((connection) => this.#exists(connection, parseLocation(location)));
  }

  async #exists(connection: DuckDBConnection, location: UnityCatalogLocation): Promise<boolean> {
    if (!this.#engine.hasCatalog(location.catalog)) return false;
    try {
      // Looking through the list of all tables takes longer than many a question that comes after it.
      (await connection.prepare(`SELECT 1 FROM ${quoteQualified(tablesOf(location).spans)}`)).destroySync();
      return true;
    } catch (error) {
      if (/does not exist/.test(messageOf(error))) return false;
      throw error;
    }
  }

  #read<T>(
    text: string,
    nothing: T,
    work: (connection: DuckDBConnection, location: UnityCatalogLocation) => Promise<T>,
  ): Promise<T> {
    const location = parseLocation(text);
    return this.#engine.read(async (connection) =>
      (await this.#exists(connection, location)) ? work(connection, location) : nothing,
    );
  }

  #write<T>(
    text: string,
    work: (connection: DuckDBConnection, location: UnityCatalogLocation) => Promise<T>,
  ): Promise<T> {
    const location = parseLocation(text);
    return this.#ingest.inLocation(location, (connection) => work(connection, location));
  }

  #writeOf<T>(
    { location, otelTraceId }: TraceName,
    work: (connection: DuckDBConnection, key: TraceKey) => Promise<T>,
  ): Promise<T> {
    return this.#write(location, (connection, parsed) => work(connection, { location: parsed, otelTraceId }));
  }
}

const noLocation = (location: UnityCatalogLocation): TracelakeError =>
  new TracelakeError(ErrorCode.WORKSPACE_NOT_FOUND, {
    failed: `TABLE_DOES_NOT_EXIST: there are no traces in ${formatLocation(location)}`,
    seen: tablesOf(location).spans,
    remedy: "Link an experiment to the location, or send it a trace first.",
    httpStatus: 404,
  });
