import { messageText } from "@tracelake/wire";

/**
 * What a person asked, out of a trace's request: the last user message of a chat, or the one argument of a function, or
 * else the text as it stands.
 */
export const requestPreview = (request: string): string => {
  if (!request.trimStart().startsWith("{")) return request;
  try {
    const asked = askedIn(JSON.parse(request));
    return typeof asked === "string" ? asked : JSON.stringify(asked);
  } catch {
    return request;
  }
};

// Inputs are recorded by parameter name, which says little where a function has but one.
const askedIn = (request: unknown): unknown => {
  if (typeof request !== "object" || request === null || Array.isArray(request)) return request;
  const asked = messageText(request, "user");
  if (asked !== undefined) return asked;
  const values: readonly unknown[] = Object.values(request);
  return values.length === 1 ? askedIn(values[0]) : request;
};
