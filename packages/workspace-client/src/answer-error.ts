import { errorAnswerSchema, ErrorCode, quoteForMessage, TracelakeError } from "@tracelake/wire";
import type { Connection } from "./connection.ts";
import type { RequestOptions } from "./request.ts";

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

const remedyOf = (connection: Connection, options: RequestOptions, status: number): string => {
  const given = status === 401 || status === 403 || status === 404 ? options.remedies?.[status] : undefined;
  if (given !== undefined) return given;
  if (status === 401)
    return `Check ${connection.credentialSource}: the token may be wrong, expired or for another workspace.`;
  if (status === 403) return `Give the owner of ${connection.credentialSource} the permission that the message names.`;
  if (status === 404) return `Check that ${connection.baseUrl} is the right host and that the object exists.`;
  if (status >= 300 && status < 400)
    return "The host answers with a redirect, which is not followed: set the address it leads to.";
  return status >= 500 || status === 429 ? "Try again later." : "Correct the request as the message says.";
};

const describeAnswer = async (response: Response): Promise<string> => {
  const text = await response.text().catch(() => "");
  const body = errorAnswerSchema.safeParse(safeJson(text));
  const { error_code: code, message } = body.success ? body.data : {};
  const said = message ?? text.trim();
  return `${response.status}${code === undefined ? "" : ` ${code}`}${said === "" ? "" : ` ${quoteForMessage(said)}`}`;
};

const safeJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return {};
  }
};

/** The error that an answer other than 2xx becomes. */
export const answerError = async (
  connection: Connection,
  options: RequestOptions,
  response: Response,
): Promise<TracelakeError> =>
  new TracelakeError(codeOf(response.status), {
    failed: `${options.purpose} failed at ${connection.baseUrl}`,
    seen: await describeAnswer(response),
    remedy: remedyOf(connection, options, response.status),
    httpStatus: response.status,
  });

/** The error that a connection which gave no answer becomes. */
export const unreachableError = (connection: Connection, options: RequestOptions, cause: unknown): TracelakeError =>
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
