import { ErrorCode, quoteForMessage, TracelakeError } from "@tracelake/wire";
import type { Connection } from "./connection.ts";
import { parseJsonObject } from "./json-object.ts";
import type { ExportRequest } from "./export-requests.ts";

/** What messages are made of. */
type Asked = Pick<ExportRequest, "purpose" | "remedies" | "secrets">;

/** An answer that is no success. */
interface Refusal {
  readonly status: number;
  readonly bytes: Uint8Array;
  /** What the request was authorized with. */
  readonly authorization: string | undefined;
  readonly retryAfterMillis?: number | undefined;
}

const codeOf = (status: number): ErrorCode => {
  switch (status) {
    case 401:
      return ErrorCode.WORKSPACE_UNAUTHENTICATED;
    case 403:
      return ErrorCode.WORKSPACE_FORBIDDEN;
    case 404:
      return ErrorCode.WORKSPACE_NOT_FOUND;
    default:
      return status >= 500 || status === 408 || status === 429
        ? ErrorCode.WORKSPACE_UNAVAILABLE
        : ErrorCode.WORKSPACE_REJECTED;
  }
};

const remedyOf = (connection: Connection, options: Asked, status: number): string => {
  const given = status === 401 || status === 403 || status === 404 ? options.remedies?.[status] : undefined;
  if (given !== undefined) return given;
  if (status === 401)
    return `Check ${connection.credentialSource}: the token may be missing, wrong, expired or for another workspace.`;
  if (status === 403) return `Give the owner of ${connection.credentialSource} the permission that the message names.`;
  if (status === 404) return `Check that ${connection.baseUrl} is the right host and that the object exists.`;
  if (status >= 300 && status < 400)
    return "The host answers with a redirect, which is not followed: set the address it leads to.";
  return status >= 500 || status === 429 ? "Try again later." : "Correct the request as the message says.";
};

interface Said {
  readonly errorCode: string | undefined;
  readonly message: string;
}

// What is shorter is no credential, and to take it out would leave no word of a message whole.
const leastSecretCharacters = 6;

/** A text that a server answered, without the credentials that it may repeat. */
export const withoutCredentials = (
  text: string,
  { secrets = [] }: Pick<Asked, "secrets">,
  { authorization = "" }: Pick<Refusal, "authorization">,
): string =>
  [authorization, ...secrets]
    .map((secret) => secret.replace(/^\w+ /, ""))
    .filter((secret) => secret.length >= leastSecretCharacters)
    .sort((one, other) => other.length - one.length)
    .reduce((rest, secret) => rest.replaceAll(secret, "[redacted]"), text);

const readAnswer = (options: Asked, response: Refusal): Said => {
  const text = Buffer.from(response.bytes).toString("utf8");
  const { error_code: errorCode, message } = parseJsonObject(text);
  return {
    errorCode: typeof errorCode === "string" ? withoutCredentials(errorCode, options, response) : undefined,
    message: withoutCredentials(typeof message === "string" ? message : text.trim(), options, response),
  };
};

const describeAnswer = (status: number, { errorCode, message }: Said): string =>
  [String(status), errorCode, message === "" ? undefined : quoteForMessage(message)]
    .filter((part) => part !== undefined)
    .join(" ");

/** The error that an answer which is no success stands for. */
export const refusalOf = (connection: Connection, options: Asked, response: Refusal): TracelakeError => {
  const answer = readAnswer(options, response);
  return new TracelakeError(codeOf(response.status), {
    failed: `${options.purpose} failed at ${connection.baseUrl}`,
    seen: describeAnswer(response.status, answer),
    remedy: remedyOf(connection, options, response.status),
    httpStatus: response.status,
    answer: { ...answer, retryAfterMillis: response.retryAfterMillis },
  });
};

/** Whether the workspace does not have this part of the interface at all. */
export const isEndpointMissing = (error: unknown): boolean =>
  TracelakeError.isInstance(error) && error.answer?.errorCode === "ENDPOINT_NOT_FOUND";

/** The error that a connection which gave no answer becomes. */
export const unreachableError = (connection: Connection, options: Asked, cause: unknown): TracelakeError =>
  new TracelakeError(ErrorCode.WORKSPACE_UNAVAILABLE, {
    failed: `${options.purpose} got no answer from ${connection.baseUrl}`,
    seen: describeFailure(cause),
    remedy: "Check the address, the network and that the service runs.",
    cause,
  });

const describeFailure = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause;
  const code = typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : undefined;
  return code ?? `${error.name} ${error.message}`;
};
