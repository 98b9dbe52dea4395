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

/** What is there of a scoring. */
export interface RecordedScoring {
  /** What the runner wrote, in the order of its parts. */
  readonly parts: readonly TraceAssessment[];
  /** Whether nothing is missing: all parts are there, or another client's judgement, which is left as it is. */
  readonly isComplete: boolean;
}

interface Part {
  readonly assessment: TraceAssessment;
  readonly place: number;
  readonly count: number;
}

const partOf = (assessment: TraceAssessment): Part => {
  const [place = 1, count = 1] = (assessment.metadata[MonitorMetadataKey.PART] ?? "1/1").split("/").map(Number);
  return { assessment, place, count };
};

const scorerOf = ({ metadata }: TraceAssessment): string | undefined => metadata[MonitorMetadataKey.SCORER];

const isOf = (assessment: TraceAssessment, scorerName: string): boolean => {
  const { kind, name, source } = assessment;
  const scorer = scorerOf(assessment);
  if (kind !== "feedback") return false;
  // Another client's scorer of the same name has judged already; a person's opinion under that name is another thing.
  return scorer === undefined ? name === scorerName && source.type !== "HUMAN" : scorer === scorerName;
};

const partsOf = (assessments: readonly TraceAssessment[], scorerName: string): Part[] =>
  assessments.filter((assessment) => isOf(assessment, scorerName)).map(partOf);

const own = (parts: readonly Part[]): Part[] =>
  parts.filter(({ assessment }) => scorerOf(assessment) !== undefined).sort((a, b) => a.place - b.place);

/**
 * What the assessments say that a scorer has done: they are the only record of it, so that nothing else can disagree with
 * them after a crash.
 */
export const recordedScoring = (assessments: readonly TraceAssessment[], scorerName: string): RecordedScoring => {
  const parts = partsOf(assessments, scorerName);
  const places = new Set(parts.map(({ place }) => place));
  const isComplete = places.size >= Math.min(...parts.map(({ count }) => count));
  return { parts: own(parts).map(({ assessment }) => assessment), isComplete };
};

/**
 * Whether a scorer's judgement of a session is there as it is of the session up to this trace: each part once, and none of
 * an earlier judgement beside them.
 */
export const isJudgedUpTo = (
  assessments: readonly TraceAssessment[],
  scorerName: string,
  lastTraceId: string,
): boolean => {
  const parts = own(partsOf(assessments, scorerName));
  // Another client's judgement does not say how far it goes.
  if (parts.length === 0) return recordedScoring(assessments, scorerName).isComplete;
  return parts.every(({ assessment: { metadata }, place, count }, index) => {
    const upTo = metadata[MonitorMetadataKey.LAST_TRACE];
    return place === index + 1 && count === parts.length && (upTo === undefined || upTo === lastTraceId);
  });
};
