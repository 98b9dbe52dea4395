/**
 * What a person asked, out of a trace's request: the last user message of a chat, or the one argument of a function, or
 * else the text as it stands.
 */
export const requestPreview = (request: string): string => {
  if (!request.trimStart().startsWith("{")) return request;
  try {
    const value: unknown = JSON.parse(request);
    const asked = lastUserText(value) ?? onlyValue(value);
    return typeof asked === "string" ? asked : JSON.stringify(asked);
  } catch {
    return request;
  }
};

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const lastUserText = (request: unknown): string | undefined => {
  if (!isObject(request) || !("messages" in request) || !Array.isArray(request.messages)) return undefined;
  const asked: unknown = request.messages.findLast(
    (message: unknown) => isObject(message) && "role" in message && message.role === "user",
  );
  return isObject(asked) && "content" in asked && typeof asked.content === "string" ? asked.content : undefined;
};

// Inputs are recorded by parameter name, which says little where a function has but one.
const onlyValue = (request: unknown): unknown => {
  if (!isObject(request)) return request;
  const values: readonly unknown[] = Object.values(request);
  return values.length === 1 ? (lastUserText(values[0]) ?? onlyValue(values[0])) : request;
};
