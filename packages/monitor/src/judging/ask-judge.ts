import {
  AssessmentMetadataKey,
  AssessmentSourceType,
  ErrorCode,
  quoteForMessage,
  TracelakeError,
} from "@tracelake/wire";
import type { Feedback } from "../feedback.ts";
import type { JudgeReply, JudgeRequest, ScoringContext } from "../scorer.ts";
import { messagesOf, repairMessages, type Question } from "./prompt.ts";
import { readVerdict, type Judgement } from "./read-verdict.ts";
import type { ValueSchema } from "./value-type.ts";

/** Which judge is asked, and how. */
export interface Judge {
  /** The surroundings' own where absent. */
  readonly model: string | undefined;
  /** What the endpoint is told beside the question, such as `temperature`. */
  readonly parameters?: JudgeRequest["parameters"];
}

/** A verdict, and what all its turns took. */
export interface Verdict extends Judgement {
  readonly replies: readonly JudgeReply[];
}

const answerSchema = (result: ValueSchema): JudgeRequest["schema"] => ({
  type: "object",
  properties: { rationale: { type: "string" }, result },
  required: ["rationale", "result"],
  additionalProperties: false,
});

const modelOf = (judge: Judge, context: ScoringContext): string => {
  const model = judge.model ?? context.judge.defaultModel;
  if (model !== undefined) return model;
  throw new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, {
    failed: "No judge can be asked",
    seen: "neither the scorer nor the judge client names a model",
    remedy: "Give the scorer a `model`, or set MLFLOW_GENAI_JUDGE_DEFAULT_MODEL.",
  });
};

/**
 * Asks a judge. An answer that is no verdict may be corrected once.
 *
 * @throws {TracelakeError} `JUDGE_ANSWER_INVALID` where there is no verdict after that; what {@link ScoringContext.judge} throws.
 */
export const askJudge = async (question: Question, judge: Judge, context: ScoringContext): Promise<Verdict> => {
  const model = modelOf(judge, context);
  const { parameters } = judge;
  const ask = async (messages: JudgeRequest["messages"]): Promise<JudgeReply> =>
    context.judge.ask(
      {
        model,
        messages,
        schema: answerSchema(question.valueSchema),
        ...(parameters === undefined ? {} : { parameters }),
      },
      context.signal,
    );
  const messages = messagesOf(question);
  const first = await ask(messages);
  const read = readVerdict(first.text, question.valueSchema);
  if (read.isRead) return { value: read.value, rationale: read.rationale, replies: [first] };
  const second = await ask(repairMessages(messages, first.text, read.problem, question.valueSchema));
  const repaired = readVerdict(second.text, question.valueSchema);
  if (repaired.isRead) return { value: repaired.value, rationale: repaired.rationale, replies: [first, second] };
  throw new TracelakeError(ErrorCode.JUDGE_ANSWER_INVALID, {
    failed: `The judge ${model} gave no verdict, also when asked to correct its answer`,
    seen: `${quoteForMessage(second.text)}: ${repaired.problem}`,
    remedy: "Use a judge model that can answer in JSON.",
  });
};

const sum = (replies: readonly JudgeReply[], of: (reply: JudgeReply) => number | undefined): number | undefined => {
  const known = replies.map(of).filter((value) => value !== undefined);
  // A part of it would look like the whole.
  return known.length < replies.length ? undefined : known.reduce((total, value) => total + value, 0);
};

/** What judging took, as MLflow records it beside a feedback. */
export const judgingMetadata = (replies: readonly JudgeReply[]): Record<string, string> => {
  const spent = {
    [AssessmentMetadataKey.JUDGE_INPUT_TOKENS]: sum(replies, (reply) => reply.inputTokens),
    [AssessmentMetadataKey.JUDGE_OUTPUT_TOKENS]: sum(replies, (reply) => reply.outputTokens),
    [AssessmentMetadataKey.JUDGE_COST]: sum(replies, (reply) => reply.costUsd),
    [AssessmentMetadataKey.JUDGE_DURATION_MILLIS]: sum(replies, (reply) => Math.round(reply.durationMillis)),
  };
  return Object.fromEntries(
    Object.entries(spent).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]])),
  );
};

/** A verdict as feedback. */
export const feedbackOf = (verdict: Verdict, more: Pick<Feedback, "name" | "spanId" | "metadata"> = {}): Feedback => ({
  value: verdict.value,
  rationale: verdict.rationale,
  source: { type: AssessmentSourceType.LLM_JUDGE, id: verdict.replies[0]?.model ?? "" },
  ...more,
  metadata: { ...judgingMetadata(verdict.replies), ...more.metadata },
});
