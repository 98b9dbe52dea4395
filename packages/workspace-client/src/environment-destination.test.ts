import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { environmentDestination, environmentExperiment } from "./environment-destination.ts";

const workspace = { DATABRICKS_HOST: "my-workspace.cloud.databricks.com", DATABRICKS_TOKEN: "t" };

describe("the destination of an environment", () => {
  it.each<[string, Record<string, string>, unknown]>([
    ["nothing", {}, { type: "local" }],
    ["a destination that is empty", { MLFLOW_TRACING_DESTINATION: "" }, { type: "local" }],
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
    [
      "an MLflow server and an experiment's name",
      { MLFLOW_TRACKING_URI: "https://mlflow.example.com", MLFLOW_EXPERIMENT_NAME: "support" },
      { type: "mlflow", trackingUri: "https://mlflow.example.com", experimentName: "support" },
    ],
    [
      "an MLflow server alone",
      { MLFLOW_TRACKING_URI: "http://127.0.0.1:5000" },
      { type: "mlflow", trackingUri: "http://127.0.0.1:5000" },
    ],
    ["a directory in production", { NODE_ENV: "production", TRACELAKE_DIRECTORY: "/data/traces" }, { type: "local" }],
    [
      "a platform's own telemetry",
      { OTEL_EXPORTER_OTLP_ENDPOINT: "http://localhost:4314", OTEL_TRACES_EXPORTER: "otlp" },
      { type: "local" },
    ],
  ])("with %s", (_, environment, destination) => expect(environmentDestination(environment)).toEqual(destination));

  it("with an experiment is the workspace of the DEFAULT profile, where there is one", async () => {
    const home = await mkdtemp(join(tmpdir(), "tracelake-home-"));
    try {
      const named = { HOME: home, MLFLOW_EXPERIMENT_ID: "7" };
      expect(environmentDestination(named)).toEqual({ type: "local" });
      await writeFile(join(home, ".databrickscfg"), "[DEFAULT]\nhost = https://h\n");
      expect(environmentDestination(named)).toEqual({ type: "experiment", experimentId: "7" });
      expect(environmentDestination({ ...named, TRACELAKE_DIRECTORY: "/data" })).toEqual({ type: "local" });
      expect(environmentDestination({ HOME: home })).toEqual({ type: "local" });
    } finally {
      await rm(home, { recursive: true });
    }
  });

  it("and the experiment of an environment follow one order", () => {
    const environment = { MLFLOW_TRACING_DESTINATION: "123", MLFLOW_EXPERIMENT_ID: "456" };
    expect(environmentDestination(environment)).toEqual({ type: "experiment", experimentId: "123" });
    expect(environmentExperiment(environment)).toEqual({ experimentId: "123" });
  });

  it.each<[Record<string, string>, RegExp]>([
    [{ NODE_ENV: "production" }, /NODE_ENV is production/],
    [{ DATABRICKS_HOST: "h" }, /DATABRICKS_HOST is set/],
    [{ DATABRICKS_APP_NAME: "app" }, /DATABRICKS_APP_NAME is set/],
    [{ MLFLOW_TRACKING_URI: "databricks" }, /MLFLOW_TRACKING_URI/],
  ])("is never a silent local one with %j", (environment, reason) => {
    expect(() => environmentDestination(environment)).toThrow(
      expect.objectContaining({
        code: "CONFIG_DESTINATION_MISSING",
        message: expect.stringMatching(reason) as string,
      }) as Error,
    );
    expect(() => environmentDestination(environment)).toThrow(/Set MLFLOW_TRACING_DESTINATION/);
  });

  it.each(["catalog/schema", "catalog", "a.b.c.d", " ", '"a"."b"', "a.b\u0007"])(
    "%j is refused with the two right forms",
    (text) => {
      const message = expect.stringMatching(/"catalog\.schema" or "catalog\.schema\.table_prefix"/) as string;
      expect(() => environmentDestination({ ...workspace, MLFLOW_TRACING_DESTINATION: text })).toThrow(
        expect.objectContaining({ code: "CONFIG_DESTINATION_INVALID", message }) as Error,
      );
    },
  );
});
