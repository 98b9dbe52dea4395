import { TraceMetadataKey } from "@tracelake/wire";
import type { TraceAssessment } from "@tracelake/workspace-client";

/** What the runner writes into the metadata of its assessments, beside what the scorer says. */
export const MonitorMetadataKey = {
  SCORER: "tracelake.scorer",
  /** `2/3` is the second of three feedbacks that one scoring gave. */
  PART: "tracelake.part",
  /** The run of the monitor, not a run of MLflow. */
  RUN_ID: "tracelake.run_id",
  /** The newest trace that a session had when it was scored. */
  LAST_TRACE: "tracelake.session.last_trace",
  SESSION: "session_id",
  /** By this MLflow's UI tells a judgement of a session from one of its first trace. */
  TRACE_SESSION: TraceMetadataKey.SESSION,
  /** By this MLflow's own online scoring knows its assessments of sessions. */
  ONLINE_SESSION: "mlflow.assessment.onlineScoringSessionId",
} as const;

/** Which feedbacks of a scoring are there, by their place from 1, and how many there are to be. */
export interface RecordedScoring {
  readonly parts: ReadonlyMap<number, TraceAssessment>;
  readonly isComplete: boolean;
}

const partOf = ({ metadata }: TraceAssessment): { readonly place: number; readonly count: number } => {
  const [place = 1, count = 1] = (metadata[MonitorMetadataKey.PART] ?? "1/1").split("/").map(Number);
  return { place, count };
};

const isOf = (assessment: TraceAssessment, scorerName: string): boolean => {
  const { kind, name, source, metadata } = assessment;
  const scorer = metadata[MonitorMetadataKey.SCORER];
  if (kind !== "feedback") return false;
  // Another client's scorer of the same name has judged already; a person's opinion under that name is another thing.
  return scorer === undefined ? name === scorerName && source.type !== "HUMAN" : scorer === scorerName;
};

/**
 * What the assessments say that a scorer has done: they are the only record of it, so that nothing else can disagree with
 * them after a crash.
 */
export const recordedScoring = (assessments: readonly TraceAssessment[], scorerName: string): RecordedScoring => {
  const parts = new Map<number, TraceAssessment>();
  let count = Infinity;
  for (const assessment of assessments) {
    if (!isOf(assessment, scorerName)) continue;
    const part = partOf(assessment);
    parts.set(part.place, assessment);
    count = Math.min(count, part.count);
  }
  return { parts, isComplete: parts.size >= count };
};
