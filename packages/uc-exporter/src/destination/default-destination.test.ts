import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { environmentExperiment } from "@tracelake/workspace-client";
import { describe, expect, it } from "vitest";
import { createSink } from "./create-sink.ts";
import { defaultDestination } from "./default-destination.ts";

const workspace = { DATABRICKS_HOST: "my-workspace.cloud.databricks.com", DATABRICKS_TOKEN: "t" };

describe("the destination of an environment", () => {
  it.each<[string, Record<string, string>, unknown]>([
    ["nothing", {}, { type: "local" }],
    [
      "a schema",
      { ...workspace, MLFLOW_TRACING_DESTINATION: "main.agents" },
      { type: "unity-catalog", location: "main.agents" },
    ],
    [
      "a prefix",
      { ...workspace, MLFLOW_TRACING_DESTINATION: "main.agents.shop" },
      { type: "unity-catalog", location: "main.agents.shop" },
    ],
    [
      "a number as a destination",
      { ...workspace, MLFLOW_TRACING_DESTINATION: "123" },
      { type: "experiment", experimentId: "123" },
    ],
    [
      "an experiment beside Databricks settings",
      { ...workspace, MLFLOW_EXPERIMENT_ID: "7" },
      { type: "experiment", experimentId: "7" },
    ],
    [
      "an experiment's name beside Databricks settings",
      { ...workspace, MLFLOW_EXPERIMENT_NAME: "/Shared/a" },
      { type: "experiment", experimentName: "/Shared/a" },
    ],
    [
      "an MLflow server",
      { MLFLOW_TRACKING_URI: "http://127.0.0.1:5000", MLFLOW_EXPERIMENT_ID: "1" },
      { type: "mlflow", trackingUri: "http://127.0.0.1:5000", experimentId: "1" },
    ],
    [
      "an MLflow server and a number as a destination",
      { MLFLOW_TRACKING_URI: "http://127.0.0.1:5000", MLFLOW_EXPERIMENT_ID: "1", MLFLOW_TRACING_DESTINATION: "2" },
      { type: "mlflow", trackingUri: "http://127.0.0.1:5000", experimentId: "2" },
    ],
    ["a directory in production", { NODE_ENV: "production", TRACELAKE_DIRECTORY: "/data/traces" }, { type: "local" }],
    [
      "a platform's own telemetry",
      { OTEL_EXPORTER_OTLP_ENDPOINT: "http://localhost:4314", OTEL_TRACES_EXPORTER: "otlp" },
      { type: "local" },
    ],
  ])("with %s", (_, environment, destination) => expect(defaultDestination(environment)).toEqual(destination));

  it("with an experiment is the workspace of the DEFAULT profile, where there is one", async () => {
    const home = await mkdtemp(join(tmpdir(), "tracelake-home-"));
    try {
      const named = { HOME: home, MLFLOW_EXPERIMENT_ID: "7" };
      expect(defaultDestination(named)).toEqual({ type: "local" });
      await writeFile(join(home, ".databrickscfg"), "[DEFAULT]\nhost = https://h\n");
      expect(defaultDestination(named)).toEqual({ type: "experiment", experimentId: "7" });
      expect(defaultDestination({ ...named, TRACELAKE_DIRECTORY: "/data" })).toEqual({ type: "local" });
      expect(defaultDestination({ HOME: home })).toEqual({ type: "local" });
    } finally {
      await rm(home, { recursive: true });
    }
  });

  it("and the experiment of an environment follow one order", () => {
    const environment = { MLFLOW_TRACING_DESTINATION: "123", MLFLOW_EXPERIMENT_ID: "456" };
    expect(defaultDestination(environment)).toEqual({ type: "experiment", experimentId: "123" });
    expect(environmentExperiment(environment)).toEqual({ experimentId: "123" });
  });

  it.each<[Record<string, string>, RegExp]>([
    [{ NODE_ENV: "production" }, /NODE_ENV is production/],
    [{ DATABRICKS_HOST: "h" }, /DATABRICKS_HOST is set/],
    [{ DATABRICKS_APP_NAME: "app" }, /DATABRICKS_APP_NAME is set/],
    [{ MLFLOW_TRACKING_URI: "databricks" }, /MLFLOW_TRACKING_URI/],
  ])("is never a silent local one with %j", (environment, reason) => {
    expect(() => defaultDestination(environment)).toThrow(
      expect.objectContaining({
        code: "CONFIG_DESTINATION_MISSING",
        message: expect.stringMatching(reason) as string,
      }) as Error,
    );
    expect(() => defaultDestination(environment)).toThrow(/Set MLFLOW_TRACING_DESTINATION/);
  });

  it.each(["catalog/schema", "catalog", "a.b.c.d", "", '"a"."b"', "a.b\u0007"])(
    "%j is refused with the two right forms",
    (text) => {
      const message = expect.stringMatching(/"catalog\.schema" or "catalog\.schema\.table_prefix"/) as string;
      expect(() => defaultDestination({ ...workspace, MLFLOW_TRACING_DESTINATION: text })).toThrow(
        expect.objectContaining({ code: "CONFIG_DESTINATION_INVALID", message }) as Error,
      );
    },
  );
});

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
