import { expect, it } from "vitest";
import { driverError } from "./driver-errors.ts";

const connection = { baseUrl: "https://h", credentialSource: "DATABRICKS_TOKEN", authorization: () => "Bearer t" };
const failing = (message: string, more: object): Error => Object.assign(new Error(message), more);

it.each([
  ["an expired token", failing("bad HTTP status code: 401", { statusCode: 401 }), "WORKSPACE_UNAUTHENTICATED"],
  ["a missing right", failing("bad HTTP status code: 403", { statusCode: 403 }), "WORKSPACE_FORBIDDEN"],
  ["a broken connection", failing("socket hang up", { code: "ECONNRESET" }), "WORKSPACE_UNAVAILABLE"],
  ["an answer that breaks off", failing("Premature close", { name: "FetchError" }), "WORKSPACE_UNAVAILABLE"],
  ["a busy workspace", failing("gave up", { errorCode: "ATTEMPTS_EXCEEDED" }), "WORKSPACE_UNAVAILABLE"],
  ["a wrong statement", failing("PARSE_SYNTAX_ERROR", { errorCode: "ERROR" }), "SQL_FAILED"],
  ["a wrong statement's status", { name: "Status Error", message: "TABLE_OR_VIEW_NOT_FOUND", code: 0 }, "SQL_FAILED"],
])("%s is told as what it is", (_, error, code) => {
  const told = driverError(connection, error);
  expect(told.code).toBe(code);
  if (code === "WORKSPACE_UNAUTHENTICATED") expect(told.message).toMatch(/Check DATABRICKS_TOKEN/);
  if (code === "SQL_FAILED") expect(told.message).toContain((error as { message: string }).message);
});
