/**
 * What a person asked, out of a trace's request: the last user message of a chat, or else the text as it stands.
 */
export const requestPreview = (request: string): string => {
  if (!request.trimStart().startsWith("{")) return request;
  try {
    return lastUserText(JSON.parse(request)) ?? request;
  } catch {
    return request;
  }
};

const lastUserText = (request: unknown): string | undefined => {
  if (typeof request !== "object" || request === null || !("messages" in request)) return undefined;
  const { messages } = request;
  if (!Array.isArray(messages)) return undefined;
  const asked: unknown = messages.findLast(
    (message: unknown) =>
      typeof message === "object" && message !== null && "role" in message && message.role === "user",
  );
  return typeof asked === "object" && asked !== null && "content" in asked && typeof asked.content === "string"
    ? asked.content
    : undefined;
};
