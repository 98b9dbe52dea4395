import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allowedInEveryTrace, unexplained, unused, type AllowedDifference } from "./allowed-differences.ts";
import { differencesOf, writingOf, type Writing } from "./differences.ts";
import { runNode, runPython } from "./python.ts";
import { scenarioFiles, type Recorded } from "./scenario.ts";
import { startWorkspaceRecorder } from "./workspace-recorder.ts";

const token = "recorded-token";

/** What differs in these traces alone. */
const allowed: readonly AllowedDifference[] = [
  ...allowedInEveryTrace,
  {
    where: /: attribute mlflow\.spanStartTimeNs$/,
    reason: "MLflow's client keeps a start time that it was given as an attribute as well; it is the span's own.",
  },
  {
    where: /^lookUp: (startTimeUnixNano|endTimeUnixNano|info request_time|info execution_duration)$/,
    reason: "A traced function takes the time it takes.",
  },
  {
    where: /info trace_location uc_table_prefix (logs|metrics|annotations)_table_name$/,
    reason: "Ours names all tables of a prefix, MLflow's client the spans table alone.",
  },
];

const record = async (location: string, client: "ours" | "theirs", cwd: string): Promise<Writing> => {
  const recorder = await startWorkspaceRecorder();
  try {
    const isPrefix = location.split(".").length === 3;
    const destination = { type: "unity-catalog", location, host: recorder.url, token };
    const recorded = await (client === "ours"
      ? runNode(["record-trace.mjs", ...scenarioFiles], {
          cwd,
          env: { INTEROP_DESTINATION: JSON.stringify(destination) },
        })
      : runPython(["record_trace.py", ...scenarioFiles], {
          cwd,
          env: {
            DATABRICKS_HOST: recorder.url,
            DATABRICKS_TOKEN: token,
            [isPrefix ? "INTEROP_TABLE_PREFIX" : "MLFLOW_TRACING_DESTINATION"]: location,
          },
        }));
    expect((recorded as Recorded).traceIds).toHaveLength(3);
    return writingOf(recorder);
  } finally {
    await recorder.close();
  }
};

describe.each(["main.agents", "main.agents.shop"])("a trace written to %s", (location) => {
  let directory: string;
  let ours: Writing;
  let theirs: Writing;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "tracelake-interop-"));
    [ours, theirs] = [await record(location, "ours", directory), await record(location, "theirs", directory)];
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it("goes to the same address with the same credentials and the same table", () => {
    const table = location === "main.agents" ? "mlflow_experiment_trace_otel_spans" : "shop_otel_spans";
    for (const writing of [ours, theirs]) {
      expect(Object.fromEntries(writing)).toMatchObject({
        "spans: request": "POST /api/2.0/otel/v1/traces",
        "spans: header content-type": "application/x-protobuf",
        "spans: header authorization": `Bearer ${token}`,
        "spans: header x-databricks-uc-table-name": `main.agents.${table}`,
        "answer question: info request": `POST /api/4.0/mlflow/traces/${location}/<trace id>/info`,
        "answer question: attribute mlflow.traceRequestId": { stringValue: `trace:/${location}/<trace id>` },
      });
    }
  });

  it("is what MLflow's own client writes, but for what is meant to differ", () => {
    const differences = differencesOf(ours, theirs);
    expect(unexplained(differences, allowed)).toEqual({});
    const comparedAlike = [...theirs.keys()].filter((key) => !differences.has(key));
    expect(comparedAlike.length).toBeGreaterThan(150);
  });

  it("differs wherever a difference is allowed", () => {
    const isOfPrefix = location === "main.agents.shop";
    const possible = allowed.filter(({ where }) => isOfPrefix || !where.source.includes("uc_table_prefix"));
    expect(unused(differencesOf(ours, theirs), possible)).toEqual([]);
  });
});
