import type { TraceSummary } from "@tracelake/workspace-client";
import { TraceMetadataKey } from "@tracelake/wire";
import type { ScorerCore } from "../scorer.ts";
import type { MonitorState } from "./monitor-state.ts";
import { recordedScoring } from "./recorded-scorings.ts";
import { sampleScorers } from "./sampling.ts";
import type { ScheduledScorer } from "./scheduled-scorer.ts";

/** Scorers that share a filter: sampling is dense among them. */
export interface FilterGroup {
  readonly filter: string | undefined;
  readonly scorers: readonly { readonly name: string; readonly sampleRate: number; readonly scorer: ScorerCore }[];
}

/** Scorers by their filters, as MLflow's online scoring groups them. */
export const filterGroups = (scorers: readonly ScheduledScorer[]): FilterGroup[] => {
  const groups = new Map<string, ScheduledScorer[]>();
  for (const scheduled of scorers) {
    const filter = scheduled.filter?.trim() ?? "";
    groups.set(filter, [...(groups.get(filter) ?? []), scheduled]);
  }
  return [...groups].map(([filter, members]) => ({
    filter: filter === "" ? undefined : filter,
    scorers: members.map(({ scorer, sampleRate }) => ({ name: scorer.name, sampleRate, scorer })),
  }));
};

// MLflow marks the traces of a judge's own calls so.
const sourceScorerTag = "mlflow.trace.sourceScorer";

/** Whether nobody monitors the trace: it belongs to an evaluation, or is a judge's own. */
export const isOfEvaluation = ({ metadata, tags }: TraceSummary): boolean =>
  metadata[TraceMetadataKey.SOURCE_RUN] !== undefined || tags[sourceScorerTag] !== undefined;

/** The scorers of a group that look at a trace or a session; the others are counted. */
export const sampleGroup = (entityId: string, { scorers }: FilterGroup, state: MonitorState): ScorerCore[] => {
  const selected = sampleScorers(entityId, scorers).map(({ scorer }) => scorer);
  state.count("sampledOut", scorers.length - selected.length);
  return selected;
};

/** The scorers that have not judged the trace yet; the others are counted. */
export const withoutRecorded = (
  { assessments }: TraceSummary,
  scorers: readonly ScorerCore[],
  state: MonitorState,
): ScorerCore[] => {
  const left = scorers.filter(({ name }) => !recordedScoring(assessments, name).isComplete);
  state.count("alreadyScored", scorers.length - left.length);
  return left;
};
