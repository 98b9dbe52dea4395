import { randomUUID } from "node:crypto";
import type { DuckDBConnection, DuckDBValue } from "@duckdb/node-api";
import type { Engine } from "./engine.ts";
import type { LifecycleStage } from "./experiments.ts";
import { stateDatabase } from "./schema/names.ts";

const runs = `${stateDatabase}.main.runs`;
const entries = `${stateDatabase}.main.run_entries`;
const metrics = `${stateDatabase}.main.run_metrics`;

export interface RunEntry {
  readonly key: string;
  readonly value: string;
}

/** One value of a metric; `timestamp` is milliseconds since 1970. */
export interface RunMetric {
  readonly key: string;
  /** Also NaN and the infinities. */
  readonly value: number;
  readonly timestamp: number;
  readonly step: number;
}

/** A run of an experiment. Times are milliseconds since 1970. */
export interface Run {
  readonly runId: string;
  readonly experimentId: string;
  readonly name: string;
  readonly userId: string;
  readonly status: string;
  readonly stage: string;
  readonly startTime: number;
  readonly endTime: number | undefined;
  readonly tags: readonly RunEntry[];
  readonly params: readonly RunEntry[];
  /** The latest value of each. */
  readonly metrics: readonly RunMetric[];
  /** The data sets that went in, each as the JSON text in which it was sent. */
  readonly inputs: readonly string[];
}

export type NewRun = Pick<Run, "experimentId" | "name" | "userId" | "startTime" | "tags">;

/** What is written down about a run. */
export interface RunLog {
  readonly metrics?: readonly RunMetric[];
  readonly params?: readonly RunEntry[];
  readonly tags?: readonly RunEntry[];
  readonly inputs?: readonly string[];
}

/** The runs of experiments. What is asked of one that is not there answers `undefined` or `false`. */
export interface RunStore {
  create(run: NewRun): Promise<Run>;
  get(runId: string): Promise<Run | undefined>;
  update(runId: string, changes: Partial<Pick<Run, "name" | "status" | "stage" | "endTime">>): Promise<Run | undefined>;
  /** All of an entry's kind but a param can change. @returns the param that has another value already, where there is one. */
  log(
    runId: string,
    log: RunLog,
  ): Promise<{ readonly changedParam?: RunEntry & { readonly before: string } } | undefined>;
  deleteTag(runId: string, key: string): Promise<boolean>;
  /** The newest first. */
  ofExperiments(experimentIds: readonly string[]): Promise<Run[]>;
  /** Every value of a metric, the earliest first. */
  metricHistory(runId: string, key: string): Promise<RunMetric[]>;
}

type Row = Readonly<Record<string, DuckDBValue>>;

const rowsOf = async (connection: DuckDBConnection, sql: string, values: DuckDBValue[] = []): Promise<Row[]> =>
  (await connection.runAndReadAll(sql, values)).getRowObjects();

const metricOf = (row: Row): RunMetric => ({
  key: String(row["key"]),
  value: Number(row["value"]),
  timestamp: Number(row["timestamp"]),
  step: Number(row["step"]),
});

const latestMetrics = `SELECT * FROM ${metrics} WHERE run_id = $1
  QUALIFY row_number() OVER (PARTITION BY key ORDER BY step DESC, timestamp DESC, value DESC) = 1 ORDER BY key`;

const entriesOf = async (connection: DuckDBConnection, runId: string, kind: string): Promise<RunEntry[]> => {
  const sql = `SELECT key, value FROM ${entries} WHERE run_id = $1 AND kind = $2 ORDER BY key`;
  return (await rowsOf(connection, sql, [runId, kind])).map((row) => ({
    key: String(row["key"]),
    value: String(row["value"]),
  }));
};

const runOf = async (connection: DuckDBConnection, row: Row): Promise<Run> => {
  const runId = String(row["run_id"]);
  const latest = await rowsOf(connection, latestMetrics, [runId]);
  return {
    runId,
    experimentId: String(row["experiment_id"]),
    name: String(row["name"]),
    userId: String(row["user_id"]),
    status: String(row["status"]),
    stage: String(row["lifecycle_stage"]),
    startTime: Number(row["start_time"]),
    endTime: row["end_time"] === null ? undefined : Number(row["end_time"]),
    tags: await entriesOf(connection, runId, "tag"),
    params: await entriesOf(connection, runId, "param"),
    metrics: latest.map(metricOf),
    inputs: (await entriesOf(connection, runId, "input")).map(({ value }) => value),
  };
};

const readRun = async (connection: DuckDBConnection, runId: string): Promise<Run | undefined> => {
  const [row] = await rowsOf(connection, `SELECT * FROM ${runs} WHERE run_id = $1`, [runId]);
  return row === undefined ? undefined : runOf(connection, row);
};

const putEntries = async (
  connection: DuckDBConnection,
  runId: string,
  { kind, list }: { readonly kind: string; readonly list: readonly RunEntry[] },
): Promise<void> => {
  for (const { key, value } of list) {
    await connection.run(`INSERT OR REPLACE INTO ${entries} VALUES ($1, $2, $3, $4)`, [runId, kind, key, value]);
  }
};

/** The tag that says a run's name, too. */
const nameTag = "mlflow.runName";

const putLog = async (connection: DuckDBConnection, runId: string, log: RunLog): Promise<void> => {
  const { metrics: values = [], params = [], tags = [], inputs = [] } = log;
  await putEntries(connection, runId, { kind: "param", list: params });
  await putEntries(connection, runId, { kind: "tag", list: tags });
  const list = inputs.map((value) => ({ key: value, value }));
  await putEntries(connection, runId, { kind: "input", list });
  for (const { key, value, timestamp, step } of values) {
    const row = [runId, key, value, BigInt(timestamp), BigInt(step)];
    await connection.run(`INSERT OR IGNORE INTO ${metrics} VALUES ($1, $2, $3, $4, $5)`, row);
  }
  const name = tags.find(({ key }) => key === nameTag)?.value;
  if (name !== undefined) await connection.run(`UPDATE ${runs} SET name = $2 WHERE run_id = $1`, [runId, name]);
};

const columns = { name: "name", status: "status", stage: "lifecycle_stage", endTime: "end_time" } as const;

/** {@link RunStore} on DuckDB. */
export class DuckDbRuns implements RunStore {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  create({ experimentId, name, userId, startTime, tags }: NewRun): Promise<Run> {
    const runId = randomUUID().replaceAll("-", "");
    return this.#engine.stateTransaction(async (connection) => {
      const active: LifecycleStage = "active";
      const values = [runId, experimentId, name, userId, active, BigInt(startTime)];
      await connection.run(`INSERT INTO ${runs} VALUES ($1, $2::BIGINT, $3, $4, 'RUNNING', $5, $6, NULL)`, values);
      await putEntries(connection, runId, { kind: "tag", list: [...tags, { key: nameTag, value: name }] });
      const made = await readRun(connection, runId);
      if (made === undefined) throw new Error("A run that was just made is not there");
      return made;
    });
  }

  get(runId: string): Promise<Run | undefined> {
    return this.#engine.read((connection) => readRun(connection, runId));
  }

  update(runId: string, changes: Parameters<RunStore["update"]>[1]): Promise<Run | undefined> {
    return this.#engine.stateTransaction(async (connection) => {
      for (const [field, column] of Object.entries(columns)) {
        const value = changes[field as keyof typeof columns];
        if (value === undefined) continue;
        const bound = typeof value === "number" ? BigInt(value) : value;
        await connection.run(`UPDATE ${runs} SET ${column} = $2 WHERE run_id = $1`, [runId, bound]);
      }
      if (changes.name !== undefined) {
        await putEntries(connection, runId, { kind: "tag", list: [{ key: nameTag, value: changes.name }] });
      }
      return readRun(connection, runId);
    });
  }

  log(runId: string, log: RunLog): ReturnType<RunStore["log"]> {
    return this.#engine.stateTransaction(async (connection) => {
      const run = await readRun(connection, runId);
      if (run === undefined) return undefined;
      for (const { key, value } of log.params ?? []) {
        const before = run.params.find((param) => param.key === key)?.value ?? value;
        if (before !== value) return { changedParam: { key, value, before } };
      }
      await putLog(connection, runId, log);
      return {};
    });
  }

  deleteTag(runId: string, key: string): Promise<boolean> {
    return this.#engine.stateTransaction(async (connection) => {
      const run = await readRun(connection, runId);
      if (run === undefined || !run.tags.some((tag) => tag.key === key)) return false;
      await connection.run(`DELETE FROM ${entries} WHERE run_id = $1 AND kind = 'tag' AND key = $2`, [runId, key]);
      return true;
    });
  }

  ofExperiments(experimentIds: readonly string[]): Promise<Run[]> {
    return this.#engine.read(async (connection) => {
      const all = await rowsOf(connection, `SELECT * FROM ${runs} ORDER BY start_time DESC, run_id`);
      const wanted = all.filter((row) => experimentIds.includes(String(row["experiment_id"])));
      const found: Run[] = [];
      for (const row of wanted) found.push(await runOf(connection, row));
      return found;
    });
  }

  metricHistory(runId: string, key: string): Promise<RunMetric[]> {
    return this.#engine.read(async (connection) => {
      const sql = `SELECT * FROM ${metrics} WHERE run_id = $1 AND key = $2 ORDER BY timestamp, step, value`;
      return (await rowsOf(connection, sql, [runId, key])).map(metricOf);
    });
  }
}
