import { z } from "zod";
import { pageOfRecords, type Field, type RecordLanguage } from "../../search/records.ts";
import type { Run } from "../../store/runs.ts";
import { isInView } from "../experiments/search.ts";

export const searchSchema = z.object({
  experiment_ids: z.array(z.string()).default([]),
  filter: z.string().optional(),
  run_view_type: z.enum(["ACTIVE_ONLY", "DELETED_ONLY", "ALL"]).default("ACTIVE_ONLY"),
  max_results: z.int().min(1).max(50_000).default(1000),
  order_by: z.array(z.string()).default([]),
  page_token: z.string().optional(),
});

const runName: Field<Run> = { valueOf: ({ name }) => name, isNumeric: false, isListed: true };
const startTime: Field<Run> = { valueOf: ({ startTime: millis }) => millis, isNumeric: true };

const attributes: Readonly<Record<string, Field<Run>>> = {
  run_id: { valueOf: ({ runId }) => runId, isNumeric: false, isListed: true },
  run_name: runName,
  "Run name": runName,
  "Run Name": runName,
  user_id: { valueOf: ({ userId }) => userId, isNumeric: false, isListed: true },
  status: { valueOf: ({ status }) => status, isNumeric: false, isListed: true },
  experiment_id: { valueOf: ({ experimentId }) => experimentId, isNumeric: false, isListed: true },
  start_time: startTime,
  Created: startTime,
  end_time: { valueOf: ({ endTime }) => endTime, isNumeric: true },
};

const entryField = (entriesOf: (run: Run) => Run["tags"], key: string): Field<Run> => ({
  valueOf: (run) => entriesOf(run).find((entry) => entry.key === key)?.value,
  isNumeric: false,
  isOptional: true,
});

const language: RecordLanguage<Run> = {
  example: "metrics.score > 0.5",
  fieldOf: (prefix = "attribute", key) => {
    switch (prefix.replace(/s$/, "")) {
      case "attribute":
      case "attr":
      case "run":
        return Object.hasOwn(attributes, key) ? attributes[key] : undefined;
      case "metric":
        return { valueOf: ({ metrics }) => metrics.find((metric) => metric.key === key)?.value, isNumeric: true };
      case "param":
      case "parameter":
        return entryField(({ params }) => params, key);
      case "tag":
        return entryField(({ tags }) => tags, key);
      default:
        return undefined;
    }
  },
};

/**
 * A page of the runs that a search asks for, the newest first unless it says otherwise.
 *
 * @see https://mlflow.org/docs/latest/search-runs
 * @throws {TracelakeError} `CONFIG_OPTION_INVALID`
 */
export const pageOfRuns = (all: readonly Run[], search: z.infer<typeof searchSchema>) =>
  pageOfRecords(
    all.filter(({ stage }) => isInView(stage, search.run_view_type)),
    search,
    language,
  );
