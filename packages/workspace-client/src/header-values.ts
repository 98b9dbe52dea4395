import { ErrorCode, TracelakeError } from "@tracelake/wire";
import type { Connection } from "./connection.ts";

/**
 * Refuses header values that HTTP does not allow, since the HTTP client's own message for them would print the value, and
 * it may be a token.
 *
 * @throws {TracelakeError} `CONFIG_CREDENTIALS_MISSING`
 */
export const assertHeaderValues = (connection: Connection, values: readonly (string | undefined)[]): void => {
  if (values.every((value) => value === undefined || /^[\t\u0020-\u007e\u0080-\u00ff]*$/.test(value))) return;
  throw new TracelakeError(ErrorCode.CONFIG_CREDENTIALS_MISSING, {
    failed: `The credentials or headers for ${connection.baseUrl} cannot be sent`,
    seen: "a value with a line break or another character that HTTP does not allow",
    remedy: `Check ${connection.credentialSource}.`,
  });
};
