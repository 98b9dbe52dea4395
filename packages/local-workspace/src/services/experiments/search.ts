import type { Experiment } from "@tracelake/wire";
import { z } from "zod";
import { pageOfRecords, type Field, type RecordLanguage } from "../../search/records.ts";

export const searchSchema = z.object({
  max_results: z.int().min(1).max(50_000).default(1000),
  page_token: z.string().optional(),
  filter: z.string().optional(),
  order_by: z.array(z.string()).default([]),
  view_type: z.enum(["ACTIVE_ONLY", "DELETED_ONLY", "ALL"]).default("ACTIVE_ONLY"),
});

type Search = z.infer<typeof searchSchema>;
const attributes: Readonly<Record<string, Field<Experiment>>> = {
  name: { valueOf: ({ name }) => name, isNumeric: false },
  experiment_id: { valueOf: ({ experiment_id: id }) => Number(id), isNumeric: true },
  creation_time: { valueOf: ({ creation_time: time }) => time, isNumeric: true },
  last_update_time: { valueOf: ({ last_update_time: time }) => time, isNumeric: true },
};

const language: RecordLanguage<Experiment> = {
  example: "name LIKE '/Shared/%' or tags.team = 'a'",
  fieldOf: (prefix = "attribute", key) => {
    if (prefix === "tag" || prefix === "tags") {
      const valueOf = ({ tags }: Experiment) => tags.find((tag) => tag.key === key)?.value;
      return { valueOf, isNumeric: false, isOptional: true };
    }
    const isAttribute = prefix === "attribute" || prefix === "attributes";
    return isAttribute && Object.hasOwn(attributes, key) ? attributes[key] : undefined;
  },
};

/** Whether something in a stage is to be seen in a view; both are asked of experiments and of runs. */
export const isInView = (stage: string | undefined, view: Search["view_type"]): boolean =>
  view === "ALL" || stage === (view === "ACTIVE_ONLY" ? "active" : "deleted");

/**
 * A page of the experiments that a search asks for, the newest first unless it says otherwise.
 *
 * @throws {TracelakeError} `CONFIG_OPTION_INVALID`
 */
export const pageOfExperiments = (all: readonly Experiment[], search: Search) => {
  const inView = all.filter(({ lifecycle_stage: stage }) => isInView(stage, search.view_type));
  const { records, nextPageToken } = pageOfRecords(inView, search, language);
  return { experiments: records, ...(nextPageToken === undefined ? {} : { next_page_token: nextPageToken }) };
};
