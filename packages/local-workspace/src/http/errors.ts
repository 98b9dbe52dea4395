import { ErrorCode, TracelakeError } from "@tracelake/wire";
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { messageOf } from "../message-of.ts";
import { Refusal } from "./refusal.ts";

/**
 * An error as Databricks answers it. Clients act on `error_code` before the status, and repeat 408, 429 and 5xx: those
 * are never the answer to a fault of theirs.
 */
export interface ErrorAnswer {
  readonly status: ContentfulStatusCode;
  readonly errorCode: string;
  readonly message: string;
}

export const errorResponse = (context: Context, { status, errorCode, message }: ErrorAnswer): Response =>
  context.json({ error_code: errorCode, message }, status);

export const invalidParameter = (message: string): ErrorAnswer => ({
  status: 400,
  errorCode: "INVALID_PARAMETER_VALUE",
  message,
});

export const doesNotExist = (message: string): ErrorAnswer => ({
  status: 404,
  errorCode: "RESOURCE_DOES_NOT_EXIST",
  message,
});

export const tooLarge = (message: string): ErrorAnswer => ({ status: 413, errorCode: "PAYLOAD_TOO_LARGE", message });

type Kind = Pick<ErrorAnswer, "status" | "errorCode">;

const invalid: Kind = { status: 400, errorCode: "INVALID_PARAMETER_VALUE" };
const internal: Kind = { status: 500, errorCode: "INTERNAL_ERROR" };

const byCode: Partial<Record<ErrorCode, Kind>> = {
  [ErrorCode.OTLP_INVALID]: invalid,
  [ErrorCode.TRACE_ID_INVALID]: invalid,
  [ErrorCode.CONFIG_DESTINATION_INVALID]: invalid,
  [ErrorCode.CONFIG_OPTION_INVALID]: invalid,
  [ErrorCode.WORKSPACE_NOT_FOUND]: { status: 404, errorCode: "NOT_FOUND" },
  [ErrorCode.TRACE_NOT_FOUND]: { status: 404, errorCode: "RESOURCE_DOES_NOT_EXIST" },
  [ErrorCode.LOCAL_WORKSPACE_BUSY]: { status: 503, errorCode: "TEMPORARILY_UNAVAILABLE" },
};

/** The answer to an error that was thrown. */
export const answerOf = (error: unknown): ErrorAnswer => {
  if (error instanceof Refusal) return error.answer;
  return TracelakeError.isInstance(error)
    ? { ...(byCode[error.code] ?? internal), message: error.message }
    : { ...internal, message: messageOf(error) };
};
