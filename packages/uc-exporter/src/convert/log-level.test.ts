import { describe, expect, it } from "vitest";
import { logLevelOf } from "./log-level.ts";

const exception = [{ name: "exception", time: [0, 0] as [number, number] }];

describe("the log level of a span", () => {
  it.each([
    ["a chain", { "mlflow.spanType": "CHAIN" }, [], 10],
    ["a tool", { "mlflow.spanType": "TOOL" }, [], 20],
    ["a chain with an exception", { "mlflow.spanType": "CHAIN" }, exception, 40],
    ["a span that was given one", { "mlflow.spanType": "TOOL", "mlflow.spanLogLevel": 30 }, [], 30],
    ["a critical one with an exception", { "mlflow.spanType": "TOOL", "mlflow.spanLogLevel": 50 }, exception, 50],
    ["somebody else's span", { "http.method": "GET" }, exception, undefined],
  ])("follows MLflow for %s", (_, attributes, events, expected) => {
    expect(logLevelOf({ attributes, events })).toBe(expected);
  });
});
