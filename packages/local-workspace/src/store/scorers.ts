import { randomUUID } from "node:crypto";
import type { DuckDBConnection, DuckDBValue } from "@duckdb/node-api";
import { type OnlineScoringConfig, type RegisteredScorerMessage, type ScheduledScorerMessage } from "@tracelake/wire";
import { onlineScoringConfigSchema, registeredScorerSchema, scheduledScorerSchema } from "@tracelake/wire/schemas";
import type { Engine } from "./engine.ts";
import { stateDatabase } from "./schema/names.ts";

const versions = `${stateDatabase}.main.scorer_versions`;
const configs = `${stateDatabase}.main.online_scoring`;
const scheduled = `${stateDatabase}.main.scheduled_scorers`;

/** A scorer by its name in an experiment. */
export interface ScorerName {
  readonly experimentId: string;
  readonly name: string;
}

/** How much of an experiment's traffic a scorer is to see. */
export interface OnlineScoring {
  readonly sampleRate: number;
  readonly filter?: string;
}

/** The scorers of experiments: their versions, and what Databricks and MLflow servers know of when they run. */
export interface ScorerStore {
  /** Makes the next version of a scorer. */
  register(scorer: ScorerName, serialized: string): Promise<RegisteredScorerMessage>;
  /** All versions of a scorer, or of all scorers of an experiment; the oldest first. */
  versions(experimentId: string, name?: string): Promise<RegisteredScorerMessage[]>;
  /** @returns how many versions there were; all, where none is named. */
  remove(scorer: ScorerName, version?: number): Promise<number>;
  setOnlineScoring(scorer: RegisteredScorerMessage, scoring: OnlineScoring): Promise<OnlineScoringConfig>;
  onlineScoring(scorerIds: readonly string[]): Promise<OnlineScoringConfig[]>;
  /** What runs in an experiment, or `undefined` where nothing was ever scheduled. */
  scheduled(experimentId: string): Promise<ScheduledScorerMessage[] | undefined>;
  /** Replaces what runs in an experiment. */
  schedule(experimentId: string, scorers: readonly ScheduledScorerMessage[]): Promise<void>;
}

type Row = Readonly<Record<string, DuckDBValue>>;

const versionOf = (row: Row): RegisteredScorerMessage =>
  registeredScorerSchema.parse({
    experiment_id: String(row["experiment_id"]),
    scorer_name: row["name"],
    scorer_version: Number(row["version"]),
    serialized_scorer: row["serialized"],
    creation_time: Number(row["creation_time"]),
    scorer_id: row["scorer_id"],
  });

const configOf = (row: Row): OnlineScoringConfig =>
  onlineScoringConfigSchema.parse({
    online_scoring_config_id: row["config_id"],
    scorer_id: row["scorer_id"],
    sample_rate: row["sample_rate"],
    experiment_id: String(row["experiment_id"]),
    ...(row["filter"] === null ? {} : { filter_string: row["filter"] }),
  });

const rows = async (connection: DuckDBConnection, sql: string, values: DuckDBValue[]): Promise<Row[]> =>
  (await connection.runAndReadAll(sql, values)).getRowObjects();

const readVersions = async (
  connection: DuckDBConnection,
  experimentId: string,
  name: string | undefined,
): Promise<RegisteredScorerMessage[]> => {
  const sql = `SELECT * FROM ${versions} WHERE experiment_id = $1 AND COALESCE(name = $2, TRUE) ORDER BY name, version`;
  return (await rows(connection, sql, [experimentId, name ?? null])).map(versionOf);
};

const removeVersions = async (
  connection: DuckDBConnection,
  { experimentId, name }: ScorerName,
  version: number | undefined,
): Promise<number> => {
  const found = await readVersions(connection, experimentId, name);
  const doomed = found.filter(({ scorer_version: own }) => version === undefined || own === version);
  for (const { scorer_version: own } of doomed) {
    const where = "experiment_id = $1 AND name = $2 AND version = $3";
    await connection.run(`DELETE FROM ${versions} WHERE ${where}`, [experimentId, name, own]);
  }
  const [first] = found;
  if (doomed.length === found.length && first !== undefined) {
    await connection.run(`DELETE FROM ${configs} WHERE scorer_id = $1`, [first.scorer_id ?? ""]);
  }
  return doomed.length;
};

/** {@link ScorerStore} on DuckDB. */
export class DuckDbScorers implements ScorerStore {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  register({ experimentId, name }: ScorerName, serialized: string): Promise<RegisteredScorerMessage> {
    return this.#engine.stateTransaction(async (connection) => {
      const last = (await readVersions(connection, experimentId, name)).at(-1);
      const version = (last?.scorer_version ?? 0) + 1;
      const scorerId = last?.scorer_id ?? randomUUID();
      await connection.run(`INSERT INTO ${versions} VALUES ($1, $2, $3, $4, $5, epoch_ms(now()))`, [
        experimentId,
        name,
        version,
        scorerId,
        serialized,
      ]);
      const made = (await readVersions(connection, experimentId, name)).at(-1);
      if (made === undefined) throw new Error("A version that was just made is not there");
      return made;
    });
  }

  versions(experimentId: string, name?: string): Promise<RegisteredScorerMessage[]> {
    return this.#engine.read((connection) => readVersions(connection, experimentId, name));
  }

  remove(scorer: ScorerName, version?: number): Promise<number> {
    return this.#engine.stateTransaction((connection) => removeVersions(connection, scorer, version));
  }

  setOnlineScoring(scorer: RegisteredScorerMessage, scoring: OnlineScoring): Promise<OnlineScoringConfig> {
    const { scorer_id: scorerId = "", experiment_id: experimentId = "" } = scorer;
    return this.#engine.stateTransaction(async (connection) => {
      const before = (await rows(connection, `SELECT * FROM ${configs} WHERE scorer_id = $1`, [scorerId]))[0];
      const row = {
        scorer_id: scorerId,
        config_id: before?.["config_id"] ?? randomUUID(),
        experiment_id: experimentId,
        sample_rate: scoring.sampleRate,
        filter: scoring.filter ?? null,
      };
      await connection.run(`INSERT OR REPLACE INTO ${configs} VALUES ($1, $2, $3, $4, $5)`, Object.values(row));
      return configOf(row);
    });
  }

  onlineScoring(scorerIds: readonly string[]): Promise<OnlineScoringConfig[]> {
    return this.#engine.read(async (connection) => {
      const all = await rows(connection, `SELECT * FROM ${configs}`, []);
      return all.map(configOf).filter(({ scorer_id: id }) => scorerIds.includes(id));
    });
  }

  scheduled(experimentId: string): Promise<ScheduledScorerMessage[] | undefined> {
    return this.#engine.read(async (connection) => {
      const sql = `SELECT scorers FROM ${scheduled} WHERE experiment_id = $1`;
      const [row] = await rows(connection, sql, [experimentId]);
      return row === undefined ? undefined : scheduledScorerSchema.array().parse(JSON.parse(String(row["scorers"])));
    });
  }

  async schedule(experimentId: string, scorers: readonly ScheduledScorerMessage[]): Promise<void> {
    await this.#engine.stateTransaction((connection) =>
      connection.run(`INSERT OR REPLACE INTO ${scheduled} VALUES ($1, $2)`, [experimentId, JSON.stringify(scorers)]),
    );
  }
}
