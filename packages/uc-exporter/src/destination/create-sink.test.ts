import { describe, expect, it } from "vitest";
import { createSink } from "./create-sink.ts";

const workspace = { DATABRICKS_HOST: "my-workspace.cloud.databricks.com", DATABRICKS_TOKEN: "t" };

describe("a sink", () => {
  it("is made of every kind of destination", async () => {
    const names = [
      createSink("main.agents", workspace),
      createSink({ type: "unity-catalog", location: "main.agents.shop", host: "h", token: "t" }, {}),
      createSink({ type: "mlflow", trackingUri: "http://127.0.0.1:5000", experimentId: "1" }, {}),
      createSink({ type: "otlp", endpoint: "http://127.0.0.1:4318/v1/traces" }, {}),
      createSink({ type: "local", directory: "/data" }, {}),
    ];
    expect((await Promise.all(names.map(async (sink) => sink))).map((sink) => sink.name)).toEqual([
      "main.agents.mlflow_experiment_trace_otel_spans",
      "main.agents.shop_otel_spans",
      "experiment 1 at http://127.0.0.1:5000",
      "http://127.0.0.1:4318/v1/traces",
      "/data",
    ]);
  });

  it.each<[string, Parameters<typeof createSink>[0], string]>([
    ["a location without a host", "main.agents", "CONFIG_HOST_MISSING"],
    [
      "an experiment that is not a number",
      { type: "mlflow", trackingUri: "http://127.0.0.1:1", experimentId: "/Shared/x" },
      "CONFIG_OPTION_INVALID",
    ],
    [
      "an MLflow server without an experiment",
      { type: "mlflow", trackingUri: "http://127.0.0.1:1" },
      "CONFIG_OPTION_INVALID",
    ],
    ["an experiment without a name", { type: "experiment", host: "h", token: "t" }, "CONFIG_OPTION_INVALID"],
    ["an endpoint that is no URL", { type: "otlp", endpoint: "http://[" }, "CONFIG_HOST_INVALID"],
    ["another type", JSON.parse('{"type":"s3"}') as never, "CONFIG_OPTION_INVALID"],
    ["nothing at all", JSON.parse("null") as never, "CONFIG_OPTION_INVALID"],
  ])("is refused for %s", (_, destination, code) => {
    expect(() => createSink(destination, {})).toThrow(expect.objectContaining({ code }) as Error);
  });

  it("never shows a token in what it refuses", () => {
    const destination = JSON.parse('{"type":"unity_catalog","location":"a.b","token":"dapiSECRET"}') as never;
    expect(() => createSink(destination, {})).toThrow(/"unity_catalog"/);
    expect(() => createSink(destination, {})).not.toThrow(/SECRET/);
  });
});
