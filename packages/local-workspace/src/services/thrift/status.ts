import type { SqlFailure } from "../../store/statements/sql-failure.ts";
import { StatusCode } from "./protocol.ts";
import type { Status } from "./structs.ts";

export const success: Status = { statusCode: StatusCode.SUCCESS };

export const errorStatus = ({ sqlState, message }: SqlFailure): Status => ({
  statusCode: StatusCode.ERROR,
  sqlState,
  errorCode: 0,
  errorMessage: message,
  displayMessage: message,
});

/** The answer to a handle of a session or operation that is not there. */
export const invalidHandle = (what: "SessionHandle" | "OperationHandle"): Status => ({
  statusCode: StatusCode.INVALID_HANDLE,
  sqlState: "HY000",
  errorMessage: `Invalid ${what}: it was closed, or belongs to another start of the local workspace.`,
});
