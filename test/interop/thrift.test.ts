import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLocalWorkspace, startLocalWorkspaceServer } from "@tracelake/local-workspace";
import { readTraceRequestJson } from "@tracelake/wire";
import { beforeAll, describe, expect, it } from "vitest";
import { runPython } from "./python.ts";

const spansTable = "main.agents.mlflow_experiment_trace_otel_spans";
const startTimeUnixNano = 1_714_557_600_123_456_789n;

const request = readTraceRequestJson({
  resourceSpans: [
    {
      scopeSpans: [
        {
          spans: [
            {
              traceId: "0".repeat(31) + "1",
              spanId: "0".repeat(15) + "1",
              name: "agent",
              startTimeUnixNano: String(startTimeUnixNano),
              endTimeUnixNano: String(startTimeUnixNano + 1n),
            },
          ],
        },
      ],
    },
  ],
});

let report: Record<string, unknown>;

const ask = async (directory: string): Promise<unknown> => {
  const workspace = await openLocalWorkspace({ directory });
  await workspace.ingestTraces(spansTable, request);
  await workspace.close();
  const server = await startLocalWorkspaceServer({ directory, port: 0 });
  const { hostname, port } = new URL(server.httpsUrl);
  try {
    return await runPython(["query_workspace.py"], {
      cwd: directory,
      env: {
        SERVER_HOST: hostname,
        SERVER_PORT: port,
        DATABRICKS_TOKEN: server.token ?? "",
        CERTIFICATE_FILE: server.certificateFile,
        SPANS_TABLE: spansTable,
      },
    });
  } finally {
    await server.close();
  }
};

beforeAll(async () => {
  const directory = await mkdtemp(join(tmpdir(), "tracelake-connector-"));
  report = (await ask(directory)) as Record<string, unknown>;
  await rm(directory, { recursive: true, force: true });
});

describe("Databricks' connector for Python", () => {
  it("reads every type in its own form", () => {
    expect(report["types"]).toEqual(
      "bigint tinyint decimal date timestamp boolean string string double array map struct variant".split(" "),
    );
    expect(report["row"]).toEqual({
      // JSON.parse rounds it; the sums and the nanoseconds below are compared exactly.
      big: Number(9223372036854775807n),
      tiny: 1,
      exact: "decimal 12345678901234567.89",
      day: "2024-02-29",
      time: "2024-02-29T10:00:00.123456+00:00",
      yes: true,
      missing: null,
      text: "ä €",
      double: 2.5,
      list: [1, 2],
      map: { k: 1 },
      struct: { x: 1, y: "z" },
      variant: '{"a":[true],"z":1}',
    });
    expect(report["spans"]).toEqual([["agent", Number(startTimeUnixNano)]]);
    expect(report["asText"]).toEqual([["[1,2]", '{"k":1.5}', '{"x":1}']]);
  });

  it("fetches a large result piece by piece, and one that it waits for", () => {
    expect(report["large"]).toEqual({ rows: 100_000, sum: 4_999_950_000, fetches: 4 });
    expect(report["later"]).toEqual([[42]]);
  });

  it("binds parameters by name and by position", () => {
    expect(report["parameters"]).toEqual({
      byName: [["it's", 2 ** 40, "decimal 1.25", "2024-01-02", "2024-01-02T03:04:05.000006+00:00", null]],
      byPosition: [["x", 1.5]],
    });
  });

  it("lists what there is", () => {
    expect(report["listings"]).toEqual({
      catalogs: ["main"],
      schemas: ["agents"],
      tables: [["mlflow_experiment_trace_otel_spans", "TABLE"]],
      columns: [["start_time_unix_nano", "BIGINT"]],
    });
  });

  it("says what failed, and stops when it is told to", () => {
    expect(report["missing"]).toMatch(
      /^ServerOperationError: \[TABLE_OR_VIEW_NOT_FOUND\].*`nothing`.*SQLSTATE: 42P01$/,
    );
    expect(report["division"]).toMatch(/^ServerOperationError: \[DIVIDE_BY_ZERO\]/);
    expect(report["canceled"]).toEqual({ failure: expect.stringMatching(/canceled/), seconds: expect.any(Number) });
    expect(report["wrongToken"]).toMatch(/^RequestError: Error during request to server.*Invalid access token/);
    expect(report["wrongCatalog"]).toMatch(/^DatabaseError: \[NO_SUCH_CATALOG_EXCEPTION\].*nowhere/);
  });
});
