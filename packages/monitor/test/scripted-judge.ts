import type { JudgeClient, JudgeRequest } from "../src/scorer.ts";

/** A judge client that gives the answers of a list in turn, the last one for ever, and keeps what it was asked. */
export const scriptedJudge = (
  ...answers: readonly (string | Error)[]
): JudgeClient & { readonly asked: readonly JudgeRequest[] } => {
  const asked: JudgeRequest[] = [];
  return {
    defaultModel: "openai:/scripted",
    asked,
    ask: async (request) => {
      const answer = answers[Math.min(asked.length, answers.length - 1)] ?? "";
      asked.push(request);
      if (answer instanceof Error) throw answer;
      return Promise.resolve({
        text: answer,
        model: request.model,
        inputTokens: 10,
        outputTokens: 5,
        costUsd: 0.001,
        durationMillis: 2,
      });
    },
  };
};

/** What a judge answers. */
export const verdict = (result: unknown, rationale = "because"): string => JSON.stringify({ rationale, result });
