import { request, requestJson, type Connection } from "@tracelake/workspace-client";
import {
  ErrorCode,
  quoteForMessage,
  TracelakeError,
  type OnlineScoringConfig,
  type RegisteredScorerMessage,
} from "@tracelake/wire";
import {
  onlineScoringConfigsSchema,
  registeredScorerAnswerSchema,
  registeredScorersSchema,
} from "@tracelake/wire/schemas";
import type { ScorerRecord } from "../scorer-record.ts";
import { isNotFound, noScorer, type ScorerReference } from "./registry-errors.ts";
import { registrableText } from "./registrable.ts";
import type { SamplingChange, ScorerRegistry, StoredScorer } from "./scorer-registry.ts";
import { readRecord } from "./serialized-record.ts";

const base = "/api/3.0/mlflow/scorers";
const gateway = "gateway:/";

const storedOf = (scorer: RegisteredScorerMessage, config: OnlineScoringConfig | undefined): StoredScorer => ({
  record: readRecord(scorer.serialized_scorer, scorer.scorer_name),
  sampleRate: config?.sample_rate ?? 0,
  ...(config?.filter_string === undefined ? {} : { filter: config.filter_string }),
  version: scorer.scorer_version,
});

/** How much each scorer sees. A server that is older than online scoring runs none. */
const configsOf = async (
  connection: Connection,
  scorers: readonly RegisteredScorerMessage[],
): Promise<ReadonlyMap<string, OnlineScoringConfig>> => {
  const ids = [...new Set(scorers.flatMap(({ scorer_id: id }) => (id === undefined ? [] : [id])))];
  if (ids.length === 0) return new Map();
  try {
    const { configs } = await requestJson(
      connection,
      {
        method: "GET",
        path: `${base}/online-configs`,
        query: { scorer_ids: ids },
        purpose: "Reading what scorers see",
      },
      onlineScoringConfigsSchema,
    );
    return new Map(configs.map((config) => [config.scorer_id, config]));
  } catch (error) {
    if (isNotFound(error)) return new Map();
    throw error;
  }
};

const withConfigs = async (
  connection: Connection,
  scorers: readonly RegisteredScorerMessage[],
): Promise<readonly StoredScorer[]> => {
  const configs = await configsOf(connection, scorers);
  return scorers.map((scorer) => storedOf(scorer, configs.get(scorer.scorer_id ?? "")));
};

/** Says that a scorer is not there in our own words, as servers say it in several. */
const orNoScorer = async <T>(reference: ScorerReference, work: Promise<T>): Promise<T> => {
  try {
    return await work;
  } catch (error) {
    throw isNotFound(error) && /^scorer /i.test(error.answer?.message ?? "") ? noScorer(reference) : error;
  }
};

// The server says the same, but not what to do about it.
const assertGateway = ({ record }: StoredScorer): void => {
  const model = record.type === "builtin" || record.type === "instructions" ? record.model : undefined;
  if (record.type === "foreign" || model?.startsWith(gateway)) return;
  throw new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, {
    failed: `The MLflow server cannot run the scorer ${quoteForMessage(record.name)}`,
    seen: model === undefined ? "it names no model" : `its model is ${quoteForMessage(model)}`,
    remedy: `Servers ask judges through their AI Gateway only: register it with model: "${gateway}<endpoint>". Or run it yourself with runMonitor().`,
  });
};

/**
 * The registry of scorers in an MLflow server, and how much of the traffic the server lets each see.
 *
 * @see https://mlflow.org/docs/latest/genai/eval-monitor/automatic-evaluations/
 */
export class MlflowRegistry implements ScorerRegistry {
  readonly experimentId: string;
  readonly #connection: Connection;

  constructor(connection: Connection, experimentId: string) {
    this.#connection = connection;
    this.experimentId = experimentId;
  }

  list(): Promise<readonly StoredScorer[]> {
    return this.#read(`${base}/list`, { experiment_id: this.experimentId }, "Listing the scorers");
  }

  versions(name: string): Promise<readonly StoredScorer[]> {
    const purpose = `Listing the versions of the scorer ${name}`;
    return orNoScorer(this.#reference(name), this.#read(`${base}/versions`, this.#key(name), purpose));
  }

  async get(name: string, version?: number): Promise<StoredScorer> {
    const query = { ...this.#key(name), ...(version === undefined ? {} : { version: String(version) }) };
    const asked = requestJson(
      this.#connection,
      { method: "GET", path: `${base}/get`, query, purpose: `Reading the scorer ${name}` },
      registeredScorerAnswerSchema,
    );
    const { scorer } = await orNoScorer(this.#reference(name, version), asked);
    const [stored] = await withConfigs(this.#connection, [scorer]);
    if (stored === undefined) throw noScorer(this.#reference(name, version));
    return stored;
  }

  async register(record: ScorerRecord): Promise<StoredScorer> {
    const { name } = record;
    const body = { ...this.#key(name), serialized_scorer: registrableText(this.#connection, record) };
    const purpose = `Registering the scorer ${name}`;
    await request(this.#connection, { method: "POST", path: `${base}/register`, body, purpose });
    return this.get(name);
  }

  async setSampling(name: string, change: SamplingChange): Promise<StoredScorer> {
    const before = await this.get(name);
    const { sampleRate = before.sampleRate } = change;
    const filter = change.filter === undefined ? before.filter : (change.filter ?? undefined);
    if (sampleRate > 0) assertGateway(before);
    const filterString = filter === undefined ? {} : { filter_string: filter };
    const body = { ...this.#key(name), sample_rate: sampleRate, ...filterString };
    const purpose = `Setting what the scorer ${name} sees`;
    const asked = request(this.#connection, { method: "PUT", path: `${base}/online-config`, body, purpose });
    await orNoScorer(this.#reference(name), asked);
    return this.get(name);
  }

  async delete(name: string, version?: number): Promise<void> {
    const body = { ...this.#key(name), ...(version === undefined ? {} : { version }) };
    const purpose = `Deleting the scorer ${name}`;
    const asked = request(this.#connection, { method: "DELETE", path: `${base}/delete`, body, purpose });
    await orNoScorer(this.#reference(name, version), asked);
  }

  #key(name: string): { readonly experiment_id: string; readonly name: string } {
    return { experiment_id: this.experimentId, name };
  }

  #reference(name: string, version?: number): ScorerReference {
    return { experimentId: this.experimentId, name, version };
  }

  async #read(path: string, query: Record<string, string>, purpose: string): Promise<readonly StoredScorer[]> {
    const asked = { method: "GET", path, query, purpose } as const;
    const { scorers } = await requestJson(this.#connection, asked, registeredScorersSchema);
    return withConfigs(this.#connection, scorers);
  }
}
