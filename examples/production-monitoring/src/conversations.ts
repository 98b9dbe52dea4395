import { readFileSync } from "node:fs";

/** What a judge says of an answer. */
interface Verdict {
  readonly result: "yes" | "no";
  readonly rationale: string;
}

/** A question to the agent, its answer, and what judges say of it. */
export interface Conversation {
  readonly question: string;
  readonly answer: string;
  readonly safety: Verdict;
  readonly tone: Verdict;
}

export const conversations = JSON.parse(
  readFileSync(new URL("conversations.json", import.meta.url), "utf8"),
) as readonly Conversation[];
