import { TracelakeError } from "@tracelake/wire";
import type { Connection } from "@tracelake/workspace-client";

/** An error whose message no longer shows the connection's credential, which some endpoints repeat in their answers. */
export const withoutSecret = async (caught: unknown, connection: Connection): Promise<unknown> => {
  if (!TracelakeError.isInstance(caught)) return caught;
  const secret = (await authorizationOf(connection))?.replace(/^\S+\s+/, "");
  const clean = (text: string): string => (secret ? text.replaceAll(secret, "…") : text);
  if (clean(caught.message) === caught.message) return caught;
  const { failed, seen, remedy } = caught.parts;
  return new TracelakeError(caught.code, {
    failed: clean(failed),
    seen: clean(seen),
    remedy: clean(remedy),
    ...(caught.httpStatus === undefined ? {} : { httpStatus: caught.httpStatus }),
  });
};

const authorizationOf = async (connection: Connection): Promise<string | undefined> => {
  try {
    return await connection.authorization();
  } catch {
    return undefined;
  }
};
