import type { Connection } from "@tracelake/workspace-client";
import type { ScheduledScorerMessage, ScorerVersion } from "@tracelake/wire";
import type { ScorerRecord } from "../scorer-record.ts";
import { assertMonitoringWarehouse } from "./assert-warehouse.ts";
import { noScorer } from "./registry-errors.ts";
import { registrableText } from "./registrable.ts";
import { changeSchedule, readSchedule, type ScheduleChange } from "./schedule.ts";
import type { SamplingChange, ScorerRegistry, StoredScorer } from "./scorer-registry.ts";
import { assertRoom } from "./scorer-limit.ts";
import { VersionsOfScorer } from "./scorer-versions.ts";
import { readRecord } from "./serialized-record.ts";

const storedOf = (scorer: ScheduledScorerMessage): StoredScorer => ({
  record: readRecord(scorer.serialized_scorer, scorer.name),
  sampleRate: scorer.sample_rate ?? 0,
  ...(scorer.filter_string === undefined ? {} : { filter: scorer.filter_string }),
  version: scorer.scorer_version,
});

const namesOf = (scorers: readonly ScheduledScorerMessage[]): string[] => scorers.map(({ name }) => name);

/** What becomes of a schedule when a scorer is registered: its sampling and its version stay as they are. */
const registration =
  (experimentId: string, { name, type }: ScorerRecord, serialized: string): ScheduleChange =>
  (scorers) => {
    const kind = type === "builtin" ? { builtin: { name } } : { custom: {} };
    const definition = { name, serialized_scorer: serialized, ...kind };
    if (!scorers.some((scorer) => scorer.name === name)) {
      assertRoom(experimentId, name, scorers.length);
      return [...scorers, { ...definition, sample_rate: 0 }];
    }
    return scorers.map((scorer) => {
      if (scorer.name !== name) return scorer;
      const { builtin: _builtin, custom: _custom, ...others } = scorer;
      return { ...others, ...definition };
    });
  };

const sampling =
  (experimentId: string, name: string, { sampleRate, filter }: SamplingChange): ScheduleChange =>
  (scorers) => {
    if (!namesOf(scorers).includes(name)) throw noScorer({ experimentId, name }, namesOf(scorers));
    return scorers.map((scorer) => {
      if (scorer.name !== name) return scorer;
      const { filter_string: before, ...others } = scorer;
      const wanted = filter === undefined ? before : (filter ?? undefined);
      return {
        ...others,
        sample_rate: sampleRate ?? scorer.sample_rate ?? 0,
        ...(wanted === undefined ? {} : { filter_string: wanted }),
      };
    });
  };

const removal =
  (experimentId: string, name: string): ScheduleChange =>
  (scorers) => {
    if (!namesOf(scorers).includes(name)) throw noScorer({ experimentId, name }, namesOf(scorers));
    return scorers.filter((scorer) => scorer.name !== name);
  };

/** Another version of a scorer sees what the current one sees. */
const asVersion = (scorer: ScheduledScorerMessage, version: ScorerVersion): StoredScorer =>
  storedOf({ ...scorer, serialized_scorer: version.serialized_scorer, scorer_version: version.scorer_version });

/**
 * The scheduled scorers of a Databricks experiment, and those of the local workspace, which serves the same interface.
 *
 * @see https://github.com/mlflow/mlflow/blob/master/mlflow/genai/scorers/registry.py
 */
export class DatabricksRegistry implements ScorerRegistry {
  readonly experimentId: string;
  readonly #connection: Connection;

  constructor(connection: Connection, experimentId: string) {
    this.#connection = connection;
    this.experimentId = experimentId;
  }

  async list(): Promise<readonly StoredScorer[]> {
    return (await readSchedule(this.#connection, this.experimentId)).map(storedOf);
  }

  async get(name: string, version?: number): Promise<StoredScorer> {
    const scorer = await this.#current(name);
    return version === undefined ? storedOf(scorer) : asVersion(scorer, await this.#versions(name).one(version));
  }

  async versions(name: string): Promise<readonly StoredScorer[]> {
    const scorer = await this.#current(name);
    return (await this.#versions(name).all()).map((version) => asVersion(scorer, version));
  }

  async register(record: ScorerRecord): Promise<StoredScorer> {
    const text = registrableText(this.#connection, record);
    return this.#changed(record.name, registration(this.experimentId, record, text));
  }

  async setSampling(name: string, wanted: SamplingChange): Promise<StoredScorer> {
    if (wanted.sampleRate !== 0) await assertMonitoringWarehouse(this.#connection, this.experimentId);
    return this.#changed(name, sampling(this.experimentId, name, wanted));
  }

  async delete(name: string, version?: number): Promise<void> {
    if (version === undefined) await this.#change(name, removal(this.experimentId, name));
    else await this.#versions(name).remove(version);
  }

  async #current(name: string): Promise<ScheduledScorerMessage> {
    const scorers = await readSchedule(this.#connection, this.experimentId);
    const found = scorers.find((scorer) => scorer.name === name);
    if (found === undefined) throw noScorer({ experimentId: this.experimentId, name }, namesOf(scorers));
    return found;
  }

  #versions(name: string): VersionsOfScorer {
    return new VersionsOfScorer(this.#connection, { experimentId: this.experimentId, name });
  }

  #change(name: string, wanted: ScheduleChange): Promise<ScheduledScorerMessage | undefined> {
    return changeSchedule(this.#connection, { experimentId: this.experimentId, name, wanted });
  }

  async #changed(name: string, wanted: ScheduleChange): Promise<StoredScorer> {
    return storedOf((await this.#change(name, wanted)) ?? (await this.#current(name)));
  }
}
