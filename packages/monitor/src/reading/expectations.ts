import { AssessmentSourceType, TraceMetadataKey, type JsonValue } from "@tracelake/wire";
import type { Trace, TraceAssessment } from "@tracelake/workspace-client";
import type { ScoringInput } from "../scorer.ts";
import { inOrder } from "./conversation.ts";

type Expectations = Readonly<Record<string, JsonValue>>;

// What a judge or a program expects is not what a person says would have been right.
const saidByPeople = (trace: Trace): TraceAssessment[] =>
  trace.info.assessments.filter(
    ({ kind, source, isValid }) => kind === "expectation" && source.type === AssessmentSourceType.HUMAN && isValid,
  );

const byName = (assessments: readonly TraceAssessment[]): Expectations | undefined =>
  assessments.length === 0 ? undefined : Object.fromEntries(assessments.map(({ name, value }) => [name, value]));

/**
 * What would have been right: the input's own expectations, else those that people wrote beside its trace. Those of a
 * session stand beside its first trace and name the session.
 */
export const expectationsOf = ({ expectations, trace, session }: ScoringInput): Expectations | undefined => {
  if (expectations !== undefined) return expectations;
  if (trace !== undefined) return byName(saidByPeople(trace));
  const [first] = inOrder(session ?? []);
  if (first === undefined) return undefined;
  return byName(saidByPeople(first).filter(({ metadata }) => TraceMetadataKey.SESSION in metadata));
};
