import { SpanType, trace, updateCurrentTrace } from "@tracelake/uc-exporter";
import { conversations } from "./conversations.ts";

/** An agent whose answers stand in a file, so that the example needs no model. */
export const answer = trace(
  async (question: string, session: string): Promise<string> => {
    updateCurrentTrace({ session, tags: { channel: "chat" } });
    const known = conversations.find((conversation) => conversation.question === question);
    return Promise.resolve(known?.answer ?? "I do not know, but I will ask a colleague.");
  },
  { name: "answer", spanType: SpanType.AGENT },
);
