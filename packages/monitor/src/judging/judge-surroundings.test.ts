import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { localWarehouseId } from "@tracelake/workspace-client";
import { afterAll, describe, expect, it } from "vitest";
import { environmentJudge } from "./judge-surroundings.ts";

const home = mkdtempSync(join(tmpdir(), "tracelake-home-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const databricks = { DATABRICKS_HOST: "https://example.cloud.databricks.com", DATABRICKS_TOKEN: "t" };
const local = {
  DATABRICKS_HOST: "http://127.0.0.1:1",
  DATABRICKS_TOKEN: "t",
  MLFLOW_TRACING_SQL_WAREHOUSE_ID: localWarehouseId,
};
const judgeIn = (environment: NodeJS.ProcessEnv) =>
  environmentJudge({ DATABRICKS_CONFIG_FILE: join(home, "none"), OPENAI_API_KEY: "k", ...environment });

describe("the judge of the environment", () => {
  it.each([
    ["nothing", {}, "openai:/gpt-4.1-mini"],
    ["production alone", { NODE_ENV: "production" }, "openai:/gpt-4.1-mini"],
    ["a local workspace", local, "openai:/gpt-4.1-mini"],
    ["an MLflow server", { MLFLOW_TRACKING_URI: "http://127.0.0.1:1" }, "openai:/gpt-4.1-mini"],
    ["a workspace", databricks, "databricks"],
    ["a place in a workspace", { ...databricks, MLFLOW_TRACING_DESTINATION: "main.agents" }, "databricks"],
    ["a place in a workspace that it does not name", { MLFLOW_TRACING_DESTINATION: "main.agents" }, "databricks"],
    ["a workspace without credentials", { DATABRICKS_HOST: databricks.DATABRICKS_HOST }, "databricks"],
    ["a judge", { ...databricks, MLFLOW_GENAI_JUDGE_DEFAULT_MODEL: "databricks:/j" }, "databricks:/j"],
  ])("that names %s", (_, environment, defaultModel) => {
    expect(judgeIn(environment).defaultModel).toBe(defaultModel);
  });

  it("asks what that service has", () => {
    expect(() => judgeIn(databricks).check?.("databricks:/j")).not.toThrow();
    expect(() => judgeIn({ MLFLOW_TRACKING_URI: "http://127.0.0.1:1" }).check?.("gateway:/g")).not.toThrow();
    expect(() => judgeIn({}).check?.("databricks:/j")).toThrow(/`workspace`/);
  });
});
