import type { DuckDBConnection, DuckDBValue } from "@duckdb/node-api";
import { type Experiment } from "@tracelake/wire";
import { experimentSchema } from "@tracelake/wire/schemas";
import type { Engine } from "./engine.ts";
import { stateDatabase } from "./schema/names.ts";
import { tracesWithIds } from "./schema/trace-facts.ts";

const experiments = `${stateDatabase}.main.experiments`;
const traces = `${stateDatabase}.main.experiment_traces`;
const tags = `${stateDatabase}.main.experiment_tags`;

/** Which experiment is meant. */
export type ExperimentKey = { readonly experimentId: string } | { readonly name: string };

/** What an experiment is made from. */
export interface NewExperiment {
  readonly name: string;
  readonly artifactLocation?: string;
  readonly tags: Readonly<Record<string, string>>;
}

export const LifecycleStage = { ACTIVE: "active", DELETED: "deleted" } as const;
export type LifecycleStage = (typeof LifecycleStage)[keyof typeof LifecycleStage];

/** The experiments of a workspace and their tags. What is asked of one that is not there answers `false`. */
export interface ExperimentStore {
  /** @returns its id, or `undefined` where the name is taken. */
  create(experiment: NewExperiment): Promise<string | undefined>;
  get(key: ExperimentKey): Promise<Experiment | undefined>;
  /** All of them, the newest first. */
  list(): Promise<Experiment[]>;
  /** A tag without a value is removed. */
  setTags(experimentId: string, changes: Readonly<Record<string, string | null>>): Promise<boolean>;
  setLifecycleStage(experimentId: string, stage: LifecycleStage): Promise<boolean>;
  /** Remembers whose trace this is: ids of such traces do not say it. */
  noteTrace(experimentId: string, otelTraceId: string): Promise<void>;
  forgetTraces(experimentId: string, otelTraceIds: readonly string[]): Promise<void>;
  ofTrace(otelTraceId: string): Promise<string | undefined>;
}

const experimentOf = (row: Readonly<Record<string, DuckDBValue>>): Experiment =>
  experimentSchema.parse({
    experiment_id: String(row["experiment_id"]),
    name: row["name"],
    artifact_location: row["artifact_location"],
    lifecycle_stage: row["lifecycle_stage"],
    creation_time: Number(row["creation_time"]),
    last_update_time: Number(row["last_update_time"]),
    tags: JSON.parse(String(row["tags"])),
  });

const tagList = `(SELECT COALESCE(to_json(list({'key': key, 'value': value} ORDER BY key)), '[]')
  FROM ${tags} tag WHERE tag.experiment_id = experiment.experiment_id)::VARCHAR AS tags`;

const readExperiments = async (
  connection: DuckDBConnection,
  condition: string,
  values: string[] = [],
): Promise<Experiment[]> => {
  const sql = `SELECT experiment.*, ${tagList} FROM ${experiments} experiment WHERE ${condition} ORDER BY experiment_id DESC`;
  return (await connection.runAndReadAll(sql, values)).getRowObjects().map(experimentOf);
};

const readExperiment = async (connection: DuckDBConnection, key: ExperimentKey): Promise<Experiment | undefined> => {
  const [condition, value] =
    "name" in key ? ["name = $1", key.name] : ["experiment_id::VARCHAR = $1", key.experimentId];
  return (await readExperiments(connection, condition, [value]))[0];
};

const setTag = async (
  connection: DuckDBConnection,
  experimentId: string,
  [key, value]: readonly [string, string | null],
): Promise<void> => {
  await (value === null
    ? connection.run(`DELETE FROM ${tags} WHERE experiment_id = $1::BIGINT AND key = $2`, [experimentId, key])
    : connection.run(`INSERT OR REPLACE INTO ${tags} VALUES ($1::BIGINT, $2, $3)`, [experimentId, key, value]));
};

const touch = async (connection: DuckDBConnection, experimentId: string, stage?: LifecycleStage): Promise<void> => {
  const set = "last_update_time = epoch_ms(now()), lifecycle_stage = COALESCE($2, lifecycle_stage)";
  await connection.run(`UPDATE ${experiments} SET ${set} WHERE experiment_id = $1::BIGINT`, [
    experimentId,
    stage ?? null,
  ]);
};

const create = async (connection: DuckDBConnection, experiment: NewExperiment): Promise<string | undefined> => {
  if ((await readExperiment(connection, { name: experiment.name })) !== undefined) return undefined;
  const next = await connection.runAndReadAll(`SELECT nextval('${stateDatabase}.main.experiment_ids')::VARCHAR AS id`);
  const experimentId = String(next.getRows()[0]?.[0]);
  const location = experiment.artifactLocation ?? `dbfs:/databricks/mlflow-tracking/${experimentId}`;
  await connection.run(`INSERT INTO ${experiments} VALUES ($1::BIGINT, $2, $3, $4, epoch_ms(now()), epoch_ms(now()))`, [
    experimentId,
    experiment.name,
    location,
    LifecycleStage.ACTIVE,
  ]);
  for (const tag of Object.entries(experiment.tags)) await setTag(connection, experimentId, tag);
  return experimentId;
};

/** {@link ExperimentStore} on DuckDB. */
export class DuckDbExperiments implements ExperimentStore {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  create(experiment: NewExperiment): Promise<string | undefined> {
    return this.#engine.stateTransaction((connection) => create(connection, experiment));
  }

  get(key: ExperimentKey): Promise<Experiment | undefined> {
    return this.#engine.read((connection) => readExperiment(connection, key));
  }

  list(): Promise<Experiment[]> {
    return this.#engine.read((connection) => readExperiments(connection, "TRUE"));
  }

  setTags(experimentId: string, changes: Readonly<Record<string, string | null>>): Promise<boolean> {
    return this.#change(experimentId, async (connection) => {
      for (const change of Object.entries(changes)) await setTag(connection, experimentId, change);
      await touch(connection, experimentId);
    });
  }

  setLifecycleStage(experimentId: string, stage: LifecycleStage): Promise<boolean> {
    return this.#change(experimentId, (connection) => touch(connection, experimentId, stage));
  }

  async noteTrace(experimentId: string, otelTraceId: string): Promise<void> {
    await this.#engine.stateTransaction((connection) =>
      connection.run(`INSERT OR REPLACE INTO ${traces} VALUES ($1, $2::BIGINT)`, [otelTraceId, experimentId]),
    );
  }

  async forgetTraces(experimentId: string, otelTraceIds: readonly string[]): Promise<void> {
    if (otelTraceIds.length === 0) return;
    const where = `experiment_id = $1::BIGINT${tracesWithIds(otelTraceIds)("trace_id")}`;
    await this.#engine.stateTransaction((connection) =>
      connection.run(`DELETE FROM ${traces} WHERE ${where}`, [experimentId]),
    );
  }

  ofTrace(otelTraceId: string): Promise<string | undefined> {
    return this.#engine.read(async (connection) => {
      const sql = `SELECT experiment_id::VARCHAR FROM ${traces} WHERE trace_id = $1`;
      const found = (await connection.runAndReadAll(sql, [otelTraceId])).getRows()[0]?.[0];
      return typeof found === "string" ? found : undefined;
    });
  }

  #change(experimentId: string, work: (connection: DuckDBConnection) => Promise<void>): Promise<boolean> {
    return this.#engine.stateTransaction(async (connection) => {
      if ((await readExperiment(connection, { experimentId })) === undefined) return false;
      await work(connection);
      return true;
    });
  }
}
