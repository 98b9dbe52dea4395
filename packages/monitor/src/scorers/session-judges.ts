import { AssessmentSourceType, TraceMetadataKey } from "@tracelake/wire";
import type { Trace } from "@tracelake/workspace-client";
import { askJudge, judgingMetadata } from "../judging/ask-judge.ts";
import { yesOrNo } from "../judging/value-type.ts";
import { inOrder } from "../reading/conversation.ts";
import type { ScoringOutcome } from "../scorer.ts";
import { criteria } from "./criteria.ts";
import { judgeOnce, scored, skipped, type Scoring, type SingleQuestion } from "./judge-once.ts";
import { gather } from "./material.ts";

const failureOf = (session: readonly Trace[]): ScoringOutcome | undefined => {
  if (session.length === 0) return skipped("a session");
  if (session.some(({ info }) => info.session === undefined)) {
    return skipped(`the metadata \`${TraceMetadataKey.SESSION}\` on every trace of the session`);
  }
  const names = new Set(session.map(({ info }) => info.session));
  if (names.size === 1) return undefined;
  const message = `The traces belong to ${names.size} sessions. Give those of one session.`;
  return { type: "failed", error: { code: "SESSION_INVALID", message } };
};

/** Asks a judge once about a whole conversation. */
export const judgeConversation = async (scoring: Scoring, question: SingleQuestion): Promise<ScoringOutcome> =>
  failureOf(scoring.input.session ?? []) ?? judgeOnce(scoring, question);

/** Asks a judge after every turn whether what the user had said until then was kept: `no` where it was once lost. */
export const judgeRetention = async (scoring: Scoring): Promise<ScoringOutcome> => {
  const session = inOrder(scoring.input.session ?? []);
  const failure = failureOf(session);
  if (failure !== undefined) return failure;
  const turns = session.map((_, index) => gather({ session: session.slice(0, index + 1) }, ["conversation"]));
  const questions = turns.flatMap((gathered) =>
    gathered.isComplete
      ? [{ criterion: criteria.KnowledgeRetention, sections: gathered.sections, valueSchema: yesOrNo }]
      : [],
  );
  if (questions.length === 0) return skipped("a session with a message");
  const verdicts = await Promise.all(
    questions.map(async (question) => askJudge(question, scoring.judge, scoring.context)),
  );
  const replies = verdicts.flatMap((verdict) => verdict.replies);
  const lost = verdicts.filter(({ value }) => value === "no").length;
  return scored({
    value: lost === 0 ? "yes" : "no",
    rationale: [
      `${lost} of ${verdicts.length} turns lost something that the user had said.`,
      ...verdicts.map(({ value, rationale }, index) => `${index + 1}. ${value === "no" ? "no" : "yes"}: ${rationale}`),
    ].join("\n"),
    source: { type: AssessmentSourceType.LLM_JUDGE, id: replies[0]?.model ?? "" },
    metadata: judgingMetadata(replies),
  });
};
