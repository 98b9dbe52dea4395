import { randomUUID } from "node:crypto";
import {
  parseTraceFilter,
  ErrorCode,
  formatLocation,
  parseLocation,
  TracelakeError,
  traceSearchLimits,
  type TraceLocation,
  type TraceSearch,
} from "@tracelake/wire";
import { traceSearchSchema } from "@tracelake/wire/schemas";
import type { Context } from "hono";
import { answerOf, invalidParameter } from "../../http/errors.ts";
import { readJson } from "../../http/json.ts";
import { Refusal } from "../../http/refusal.ts";
import { parseOrder } from "../../search/order.ts";
import type { Store } from "../../store/store.ts";
import type { TracePage, TraceSearchQuery } from "../../store/traces/trace-store.ts";
import { linkedLocation } from "../experiment-link.ts";
import type { ServiceContext } from "../service.ts";

/** Which location of a workspace a place in a search stands for. */
export type ResolveExperiment = (experimentId: string) => Promise<string>;

const locationOf = async (place: TraceLocation, ofExperiment: ResolveExperiment): Promise<string> => {
  const { mlflow_experiment: experiment, uc_schema: schema, uc_table_prefix: prefix } = place;
  if (experiment !== undefined) return ofExperiment(experiment.experiment_id);
  const parts = prefix ?? schema;
  if (parts === undefined)
    throw new Refusal(invalidParameter("A location is neither an experiment nor in Unity Catalog."));
  const names = [parts.catalog_name, parts.schema_name, ...(prefix === undefined ? [] : [prefix.table_prefix])];
  return formatLocation(parseLocation(names.join(".")));
};

/** The location that an experiment is linked to; the older search is for those that are linked to none. */
export const linkedOnly =
  (store: Store): ResolveExperiment =>
  async (experimentId) => {
    const experiment = await store.experiments.get({ experimentId });
    const location = experiment === undefined ? undefined : linkedLocation(experiment);
    if (location !== undefined) return formatLocation(location);
    throw new Refusal(invalidParameter(`MLflow experiment locations not yet supported: ${experimentId}.`));
  };

/** What a search asks the store for. */
const traceQueryOf = async (search: TraceSearch, ofExperiment: ResolveExperiment): Promise<TraceSearchQuery> => {
  const { max_results: limit = traceSearchLimits.usualResults, page_token: pageToken } = search;
  if (limit < 1 || limit > traceSearchLimits.mostResults) {
    throw new Refusal(
      invalidParameter(
        `Invalid value ${limit} for parameter 'max_results' supplied: it must be between 1 and ${traceSearchLimits.mostResults}.`,
      ),
    );
  }
  if (search.locations.length === 0) {
    throw new Refusal(invalidParameter("At least one location must be specified for searching traces."));
  }
  const locations: string[] = [];
  for (const place of search.locations) locations.push(await locationOf(place, ofExperiment));
  return {
    locations,
    conditions: parseTraceFilter(search.filter),
    order: parseOrder(search.order_by),
    limit,
    ...(pageToken ? { pageToken } : {}),
  };
};

/**
 * What a request searches for, in locations that who asks may read.
 *
 * @throws {Refusal} where it cannot be asked so, or a privilege is missing.
 */
export const traceQueryIn =
  ({ access }: ServiceContext, ofExperiment: ResolveExperiment) =>
  async (context: Context): Promise<TraceSearchQuery> => {
    const query = await traceQueryOf(await readJson(context, traceSearchSchema), ofExperiment);
    for (const location of query.locations) await access.toReadTraces(context, location);
    return query;
  };

/** A page as the API below `/api/4.0` answers it. */
export const pageAnswer = ({ infos, nextPageToken }: TracePage) => ({
  trace_infos: infos,
  ...(nextPageToken === undefined ? {} : { next_page_token: nextPageToken }),
});

type Operation =
  | { readonly name: string; readonly done: false }
  | { readonly name: string; readonly done: true; readonly response: ReturnType<typeof pageAnswer> }
  | { readonly name: string; readonly done: true; readonly error: { error_code: string; message: string } };

/** How many searches can be asked for again. */
const keptOperations = 50;

/** How long the first answer waits for the search to be done, which saves the client a second question. */
const patienceMillis = 500;

/** Searches that are asked for again until they are done. */
export class SearchOperations {
  readonly #latest = new Map<string, Operation>();

  async start(search: () => Promise<TracePage>): Promise<Operation> {
    const name = randomUUID();
    this.#keep({ name, done: false });
    const finished = this.#finish(name, search);
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<Operation>((resolve) => {
      timer = setTimeout(() => resolve({ name, done: false }), patienceMillis);
    });
    const first = await Promise.race([finished, patience]);
    clearTimeout(timer);
    return first;
  }

  async #finish(name: string, search: () => Promise<TracePage>): Promise<Operation> {
    const operation = await search().then(
      (page): Operation => ({ name, done: true, response: pageAnswer(page) }),
      (error: unknown): Operation => {
        const { errorCode, message } = answerOf(error);
        return { name, done: true, error: { error_code: errorCode, message } };
      },
    );
    this.#keep(operation);
    return operation;
  }

  #keep(operation: Operation): void {
    this.#latest.set(operation.name, operation);
    for (const oldest of [...this.#latest.keys()].slice(0, -keptOperations)) this.#latest.delete(oldest);
  }

  latest(name: string): Operation {
    const operation = this.#latest.get(name);
    if (operation !== undefined) return operation;
    throw new TracelakeError(ErrorCode.TRACE_NOT_FOUND, {
      failed: "The search is not there, or is too long ago",
      seen: name,
      remedy: "Search again.",
    });
  }
}
