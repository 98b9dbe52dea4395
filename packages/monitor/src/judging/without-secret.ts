import { quoteForMessage, TracelakeError } from "@tracelake/wire";
import type { Connection } from "@tracelake/workspace-client";

/** An error whose message no longer shows the connection's credential, which some endpoints repeat in their answers. */
export const withoutSecret = async (caught: unknown, connection: Connection): Promise<unknown> => {
  if (!TracelakeError.isInstance(caught)) return caught;
  const secret = (await authorizationOf(connection))?.replace(/^\S+\s+/, "");
  const clean = (text: string): string => (secret ? text.replaceAll(secret, "…") : text);
  const { message = "", errorCode } = caught.answer ?? {};
  if (clean(caught.message + message) === caught.message + message) return caught;
  const { failed, seen, remedy } = caught.parts;
  // What is quoted is cut, which leaves a part of a secret that nothing finds any more.
  const seenClean = seen.replace(quoteForMessage(message), () => quoteForMessage(clean(message)));
  return new TracelakeError(caught.code, {
    failed: clean(failed),
    seen: clean(seenClean),
    remedy: clean(remedy),
    ...(caught.httpStatus === undefined ? {} : { httpStatus: caught.httpStatus }),
    ...(caught.answer === undefined ? {} : { answer: { errorCode, message: clean(message) } }),
  });
};

const authorizationOf = async (connection: Connection): Promise<string | undefined> => {
  try {
    return await connection.authorization();
  } catch {
    return undefined;
  }
};
