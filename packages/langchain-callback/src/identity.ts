import { nonEmptyText, isRecord, type JsonRecord } from "./json-record.ts";

/** Whose conversation a run belongs to. */
export interface Identity {
  readonly session: string | undefined;
  readonly user: string | undefined;
}

const first = (sources: readonly (JsonRecord | undefined)[], keys: readonly string[]): string | undefined => {
  for (const source of sources) {
    for (const key of keys) {
      const value = source?.[key];
      const text = typeof value === "number" ? String(value) : nonEmptyText(value);
      if (text !== undefined) return text;
    }
  }
  return undefined;
};

/**
 * Reads session and user from a run's metadata. LangChain before 1.0 copies everything in `configurable` there, LangGraph
 * the thread's id; what later versions hide from handlers comes as `hidden`.
 */
export const readIdentity = (metadata: unknown, hidden: JsonRecord | undefined): Identity => {
  const sources = [isRecord(metadata) ? metadata : undefined, hidden];
  return {
    session: first(sources, ["session_id", "sessionId", "thread_id", "conversation_id"]),
    user: first(sources, ["user_id", "userId"]),
  };
};
