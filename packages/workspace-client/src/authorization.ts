import { ErrorCode, quoteForMessage, TracelakeError } from "@tracelake/wire";
import type { Connection } from "./connection.ts";

const withoutToken = ({ credentialSource }: Connection, seen: string): TracelakeError =>
  new TracelakeError(ErrorCode.WORKSPACE_UNAVAILABLE, {
    failed: `No token could be had from ${credentialSource}`,
    seen,
    remedy: "Check what it asks: it has to answer or fail in time.",
  });

// Not kept as a cause: an HTTP client's error holds the request, and that may hold a secret.
const refusedToken = ({ credentialSource }: Connection, error: unknown): TracelakeError =>
  new TracelakeError(ErrorCode.CONFIG_CREDENTIALS_MISSING, {
    failed: `No token could be had from ${credentialSource}`,
    seen: error instanceof Error ? `${error.name} ${quoteForMessage(error.message)}` : "it failed",
    remedy: `Check ${credentialSource}.`,
  });

// What throws at once fails like what rejects.
const askFor = async (connection: Connection): Promise<string | undefined> => connection.authorization();

/**
 * The `Authorization` header of a connection. An application's own function may fail as it likes, or never answer: this
 * ends with the signal.
 *
 * @throws {TracelakeError} `WORKSPACE_UNAVAILABLE` where the signal came first, else what the credentials say, or
 * `CONFIG_CREDENTIALS_MISSING`.
 */
export const authorizationOf = async (connection: Connection, signal?: AbortSignal): Promise<string | undefined> => {
  let stop = (): void => {};
  const ended = new Promise<never>((_, reject) => {
    stop = () => reject(withoutToken(connection, "no answer before the request ended"));
    if (signal?.aborted === true) stop();
    signal?.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([ended, askFor(connection)]);
  } catch (error) {
    throw TracelakeError.isInstance(error) ? error : refusedToken(connection, error);
  } finally {
    signal?.removeEventListener("abort", stop);
  }
};

/**
 * The `Authorization` header in place of one that was refused with 401, in case that was only too old; `undefined` where
 * the connection has no other.
 *
 * @throws {TracelakeError} as {@link authorizationOf} does.
 */
export const renewedAuthorization = async (
  connection: Connection,
  refused: string | undefined,
  signal: AbortSignal,
): Promise<string | undefined> => {
  if (connection.invalidate === undefined || refused === undefined) return undefined;
  connection.invalidate(refused);
  const renewed = await authorizationOf(connection, signal);
  return renewed === refused ? undefined : renewed;
};
