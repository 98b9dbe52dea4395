import { ErrorCode, TracelakeError } from "@tracelake/wire";
import type { Connection } from "../connection.ts";
import { refusalOf, unreachableError } from "../refusal.ts";

const asked = { purpose: "Running the statement" } as const;

// The driver does not export the classes of its errors: they are told by what they carry.
const property = (error: unknown, name: string): unknown =>
  typeof error === "object" && error !== null ? (Reflect.get(error, name) as unknown) : undefined;

/** The driver's own words for having tried long enough; its `errorCode`s for a statement are others. */
const givenUp: ReadonlySet<unknown> = new Set(["ATTEMPTS_EXCEEDED", "TIMEOUT_EXCEEDED"]);

const isSystemCode = (code: unknown): boolean =>
  typeof code === "string" && /^(?:E[A-Z]+|CERT_\w+|\w+_CERT\w*)$/.test(code);

const isUnreachable = (error: unknown): boolean =>
  isSystemCode(property(error, "code")) ||
  property(error, "name") === "FetchError" ||
  givenUp.has(property(error, "errorCode")) ||
  property(error, "message") === "Request timed out";

/** What a failure of Databricks' driver is: an answer of the workspace, no answer, or a statement that went wrong. */
export const driverError = (connection: Connection, error: unknown): TracelakeError => {
  if (TracelakeError.isInstance(error)) return error;
  const status = property(error, "statusCode");
  if (typeof status === "number")
    return refusalOf(connection, asked, { status, bytes: new Uint8Array(), authorization: undefined });
  if (isUnreachable(error)) return unreachableError(connection, asked, error);
  const seen = error instanceof Error ? error.message : String(property(error, "message") ?? error);
  return new TracelakeError(ErrorCode.SQL_FAILED, {
    failed: "The statement did not succeed",
    seen: seen.trim().replace(/\.$/, ""),
    remedy: "Correct it as the message says.",
  });
};
