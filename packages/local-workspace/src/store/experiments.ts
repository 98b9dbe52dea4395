import type { DuckDBConnection } from "@duckdb/node-api";
import { experimentSchema, type Experiment } from "@tracelake/wire";
import { stateDatabase } from "./schema/names.ts";

const experiments = `${stateDatabase}.main.experiments`;
const tags = `${stateDatabase}.main.experiment_tags`;

/** Which experiment is meant. */
export type ExperimentKey = { readonly experimentId: string } | { readonly name: string };

/** What an experiment is made from. */
export interface NewExperiment {
  readonly name: string;
  readonly artifactLocation?: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** The experiment, or `undefined` where there is none. */
export const readExperiment = async (
  connection: DuckDBConnection,
  key: ExperimentKey,
): Promise<Experiment | undefined> => {
  const condition = "name" in key ? "name = $1" : "experiment_id::VARCHAR = $1";
  const found = await connection.runAndReadAll(`SELECT * FROM ${experiments} WHERE ${condition}`, [
    "name" in key ? key.name : key.experimentId,
  ]);
  const row = found.getRowObjects()[0];
  if (row === undefined) return undefined;
  const tagRows = await connection.runAndReadAll(
    `SELECT key, value FROM ${tags} WHERE experiment_id = $1 ORDER BY key`,
    [row["experiment_id"] ?? null],
  );
  return experimentSchema.parse({
    experiment_id: String(row["experiment_id"]),
    name: row["name"],
    artifact_location: row["artifact_location"],
    lifecycle_stage: row["lifecycle_stage"],
    creation_time: Number(row["creation_time"]),
    last_update_time: Number(row["last_update_time"]),
    tags: tagRows.getRowObjects(),
  });
};

/** Makes an experiment, within the connection's transaction; `undefined` where the name is taken. */
export const createExperiment = async (
  connection: DuckDBConnection,
  experiment: NewExperiment,
): Promise<string | undefined> => {
  if ((await readExperiment(connection, { name: experiment.name })) !== undefined) return undefined;
  const next = await connection.runAndReadAll(`SELECT nextval('${stateDatabase}.main.experiment_ids')::VARCHAR AS id`);
  const experimentId = String(next.getRows()[0]?.[0]);
  const location = experiment.artifactLocation ?? `dbfs:/databricks/mlflow-tracking/${experimentId}`;
  await connection.run(
    `INSERT INTO ${experiments} VALUES ($1::BIGINT, $2, $3, 'active', epoch_ms(now()), epoch_ms(now()))`,
    [experimentId, experiment.name, location],
  );
  for (const [key, value] of Object.entries(experiment.tags)) {
    await setExperimentTag(connection, { experimentId, key, value });
  }
  return experimentId;
};

/** Sets a tag, within the connection's transaction; `false` where there is no such experiment. */
export const setExperimentTag = async (
  connection: DuckDBConnection,
  tag: { readonly experimentId: string; readonly key: string; readonly value: string },
): Promise<boolean> => {
  if ((await readExperiment(connection, { experimentId: tag.experimentId })) === undefined) return false;
  await connection.run(`INSERT OR REPLACE INTO ${tags} VALUES ($1::BIGINT, $2, $3)`, [
    tag.experimentId,
    tag.key,
    tag.value,
  ]);
  await connection.run(
    `UPDATE ${experiments} SET last_update_time = epoch_ms(now()) WHERE experiment_id = $1::BIGINT`,
    [tag.experimentId],
  );
  return true;
};
