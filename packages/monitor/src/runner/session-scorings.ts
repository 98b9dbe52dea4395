import type { Trace, TraceSummary } from "@tracelake/workspace-client";
import type { Lease } from "../leases/lease.ts";
import { rootSpanOf } from "../reading/root-span.ts";
import type { ScorerCore } from "../scorer.ts";
import type { FollowerParts } from "./follower-parts.ts";
import { isJudgedUpTo, MonitorMetadataKey, recordedScoring } from "./recorded-scorings.ts";
import type { Scoring } from "./scoring.ts";
import { isOfEvaluation } from "./selection.ts";
import { mostTracesOfSession, type TraceSource } from "./trace-source.ts";
import { endMillisOf, hasEnded, startMillisOf } from "./trace-times.ts";

type ReadingParts = Pick<FollowerParts, "source" | "state">;

/** What is known of a session without the spans of its traces. */
export interface SessionSummary {
  readonly name: string;
  /** Oldest first, without those of evaluations. */
  readonly traces: readonly TraceSummary[];
  /** When its newest trace began, and when its last one ended; Unix milliseconds. */
  readonly startMillis: number;
  readonly endMillis: number;
}

/** Scorers that are to look at a session if its first trace fulfils their filter. */
export interface SampledScorers {
  readonly filter: string | undefined;
  readonly scorers: readonly ScorerCore[];
}

interface TracesToRead {
  readonly summaries: readonly TraceSummary[];
  /** Whether nothing more comes. */
  readonly isFinal: boolean;
}

/** @throws {TracelakeError} where the workspace cannot be asked for it. */
export const summarizeSession = async (name: string, source: TraceSource): Promise<SessionSummary> => {
  const traces = (await source.session(name)).filter((summary) => !isOfEvaluation(summary));
  return {
    name,
    traces,
    startMillis: Math.max(...traces.map(startMillisOf)),
    endMillis: Math.max(...traces.map(endMillisOf)),
  };
};

/** The trace of a session that a scorer's judgement of it was written to. */
const holderOf = (summaries: readonly TraceSummary[], scorerName: string): TraceSummary | undefined =>
  summaries.find(({ assessments }) => {
    const { parts, isComplete } = recordedScoring(assessments, scorerName);
    return parts.length > 0 || isComplete;
  });

const metadataOf = (session: string, last: TraceSummary): Record<string, string> => ({
  [MonitorMetadataKey.SESSION]: session,
  [MonitorMetadataKey.TRACE_SESSION]: session,
  [MonitorMetadataKey.ONLINE_SESSION]: session,
  [MonitorMetadataKey.LAST_TRACE]: last.traceId,
});

// As in MLflow's `find_completed_sessions`.
const takenBy = async (
  first: TraceSummary,
  sampled: readonly SampledScorers[],
  { source, state }: ReadingParts,
): Promise<ScorerCore[]> => {
  const taken: ScorerCore[] = [];
  for (const { filter, scorers } of sampled) {
    if (filter === undefined || (await source.fulfils(first, filter))) taken.push(...scorers);
    else state.count("filteredOut", scorers.length);
  }
  return taken;
};

/** `later` where something of them is missing that may still come, or cannot be read. */
const readTraces = async (
  session: string,
  { summaries, isFinal }: TracesToRead,
  { source, state }: ReadingParts,
): Promise<readonly Trace[] | "later"> => {
  const judged = summaries.slice(-mostTracesOfSession).map(({ traceId }) => traceId);
  if (judged.length < summaries.length) {
    const message = `The session ${session} has more than ${mostTracesOfSession} traces: its newest ones are judged.`;
    state.problem({ message, traceId: judged.at(-1) });
  }
  let isReadable = true;
  const read = await source.read(judged, (traceId, cause) => {
    isReadable = false;
    state.problem({
      message: `The session ${session} cannot be scored: ${String(cause)}`,
      traceId,
      cause,
    });
  });
  const traces = judged.flatMap((traceId) => read.get(traceId) ?? []);
  // What is known of a trace may come before its spans.
  const isWhole = traces.length === judged.length && traces.every((trace) => rootSpanOf(trace) !== undefined);
  return isReadable && traces.length > 0 && (isWhole || isFinal) ? traces : "later";
};

/** What the scorers have to judge of a session; `later` where it is not all there yet. @throws as {@link summarizeSession} */
export const scoringsOfSession = async (
  { name: session, traces: summaries, endMillis }: SessionSummary,
  { sampled, lease }: { readonly sampled: readonly SampledScorers[]; readonly lease: Lease },
  parts: ReadingParts,
): Promise<Scoring[] | "later"> => {
  const { state } = parts;
  const [first] = summaries;
  // After so long what has not ended or come never does, and is no part of the conversation. It may not say when it began.
  const isFinal = endMillis <= Date.now() - state.settings.lookbackMillis;
  if (first === undefined || (!isFinal && !summaries.every(hasEnded))) return "later";
  const ended = summaries.filter(hasEnded);
  const last = ended.at(-1);
  if (last === undefined) return [];
  const scorers = await takenBy(first, sampled, parts);
  const left = scorers.filter(
    ({ name }) => !isJudgedUpTo(holderOf(ended, name)?.assessments ?? [], name, last.traceId),
  );
  state.count("alreadyScored", scorers.length - left.length);
  if (left.length === 0) return [];
  const traces = await readTraces(session, { summaries: ended, isFinal }, parts);
  if (traces === "later") return traces;
  const assessmentsOf = new Map(traces.map(({ info }) => [info.traceId, info.assessments]));
  return left.flatMap((scorer) => {
    const { traceId, assessments } = holderOf(ended, scorer.name) ?? ended[0] ?? last;
    // What was said since they were searched for is known by those that were read.
    const said = assessmentsOf.get(traceId) ?? assessments;
    if (isJudgedUpTo(said, scorer.name, last.traceId)) {
      state.count("alreadyScored");
      return [];
    }
    const metadata = metadataOf(session, last);
    return {
      scorer,
      input: { session: traces },
      traceId,
      assessments: said,
      metadata,
      lease,
    };
  });
};
