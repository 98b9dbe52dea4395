import { startLocalWorkspaceServer } from "@tracelake/local-workspace";
import { describe, expect, it, vi } from "vitest";
import { withServer, type Routes } from "../../../test/support/recorded-workspace.ts";
import { spanAt, startUnixNano, temporaryDirectory, writeJournal } from "./filled-workspace.ts";
import { runCommand } from "./run-command.ts";

vi.setConfig({ testTimeout: 60_000 });

const place = "main.agents.shop";
const signals = ["spans", "logs", "metrics", "annotations"];

const assigned = (privileges: readonly string[], principal = "app-1") => ({
  body: { privilege_assignments: [{ principal, privileges }] },
});
const inherited = (privilege: string) => ({
  body: { privilege_assignments: [{ principal: "agents", privileges: [{ privilege, inherited_from_name: "main" }] }] },
});

const tablePath = (signal: string): string => `main.agents.shop_otel_${signal}`;

const tablesOfGeneration = (version: string): Routes =>
  Object.fromEntries(
    signals.map((signal) => [
      `GET /api/2.1/unity-catalog/tables/${tablePath(signal)}`,
      {
        body: {
          properties: { "otel.schemaVersion": version },
          columns: [{ name: "attributes", type_text: version === "v1" ? "map<string,string>" : "variant" }],
        },
      },
    ]),
  );

const grantsOnTables = (privileges: readonly string[]): Routes =>
  Object.fromEntries(
    signals.map((signal) => [
      `GET /api/2.1/unity-catalog/permissions/table/${tablePath(signal)}`,
      assigned(privileges),
    ]),
  );

const experiment = (path = place) => ({
  body: {
    experiment: {
      experiment_id: "7",
      name: "/Shared/shop",
      tags: path === "" ? [] : [{ key: "mlflow.experiment.databricksTraceDestinationPath", value: path }],
    },
  },
});

const countRow = (traces: number, rootless: number, example: string | null) => ({
  body: {
    statement_id: "s",
    status: { state: "SUCCEEDED" },
    manifest: {
      schema: {
        columns: [
          { name: "traces", type_text: "BIGINT" },
          { name: "rootless", type_text: "BIGINT" },
          { name: "example", type_text: "STRING" },
        ],
      },
    },
    result: { data_array: [[String(traces), String(rootless), example]] },
  },
});

/** A workspace in which all is well. */
const healthy: Routes = {
  "GET /api/2.0/preview/scim/v2/Me": { body: { userName: "app-1", groups: [{ display: "agents" }] } },
  "GET /api/2.0/mlflow/experiments/get": experiment(),
  ...tablesOfGeneration("v2"),
  "GET /api/2.1/unity-catalog/effective-permissions/catalog/main": inherited("USE_CATALOG"),
  "GET /api/2.1/unity-catalog/effective-permissions/schema/main.agents": inherited("USE_SCHEMA"),
  ...grantsOnTables(["MODIFY", "SELECT"]),
  "GET /api/2.0/sql/warehouses/wh1": { body: { id: "wh1", name: "small", state: "RUNNING" } },
  "POST /api/2.0/otel/v1/traces": {},
  "POST /api/2.0/sql/statements": countRow(12, 0, null),
};

/** The canary's own routes: its id is new each time. */
const withCanary = (routes: Routes): Routes =>
  new Proxy(routes, {
    get: (known, key) => {
      const route = String(key);
      if (/^POST .*\/info$/.test(route)) return {};
      if (/^GET .*\/batchGet$/.test(route) && !Object.hasOwn(known, route)) {
        return ({ url }: { readonly url: string }) => ({
          body: { traces: [{ trace_info: { trace_id: new URL(url, "http://h").searchParams.get("trace_ids") } }] },
        });
      }
      return known[route];
    },
  });

const environment = (url: string) => ({
  DATABRICKS_HOST: url,
  DATABRICKS_TOKEN: "dapi-9f3c",
  MLFLOW_TRACING_DESTINATION: place,
  MLFLOW_EXPERIMENT_ID: "7",
  MLFLOW_TRACING_SQL_WAREHOUSE_ID: "wh1",
});

const examine = async (
  routes: Routes,
  { args = [], env = {} }: { readonly args?: readonly string[]; readonly env?: NodeJS.ProcessEnv } = {},
) => {
  let result = { exitCode: 0, stdout: "", stderr: "" };
  await withServer(withCanary({ ...healthy, ...routes }), async ({ url }) => {
    const given = { ...environment(url), ...env };
    const known = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    result = await runCommand(["doctor", ...args], { env: known });
  });
  expect(result.stdout + result.stderr).not.toContain("dapi-9f3c");
  return result;
};

describe("tracelake doctor", () => {
  it("is all ✓ where all is well, each grant by name", async () => {
    const { stdout, exitCode } = await examine({});
    expect(stdout.replace(/127\.0\.0\.1:\d+/, "h").replace(/[0-9a-f]{32}/, "<id>")).toMatch(
      /^✓ host {10}http:\/\/h\n✓ credentials {3}DATABRICKS_TOKEN \(app-1\)\n✓ experiment {4}\/Shared\/shop \(7\)\n✓ location {6}main\.agents\.shop, linked with \/Shared\/shop\n✓ tables {8}4 of generation v2\n✓ grant on catalog main USE_CATALOG for app-1\n✓ grant on schema main\.agents USE_SCHEMA for app-1\n(✓ grant on table main\.agents\.shop_otel_\w+ MODIFY, SELECT for app-1\n){4}✓ warehouse {5}small \(wh1\) runs\n✓ canary {8}trace:\/main\.agents\.shop\/<id> was written and read back within \d+\.\d s\n✓ root spans {4}all of 12 traces of the last day have one\n$/,
    );
    expect(exitCode).toBe(0);
  });

  it("prints the same for programs", async () => {
    const { stdout, exitCode } = await examine(grantsOnTables(["SELECT"]), { args: ["--json"] });
    const answer = JSON.parse(stdout) as {
      ok: boolean;
      checks: { name: string; status: string; remedy: string | null }[];
    };
    expect(answer.ok).toBe(false);
    expect(answer.checks.filter(({ status }) => status === "failed").map(({ remedy }) => remedy)).toEqual(
      signals.map(() => `tracelake grant app-1 --location ${place}`),
    );
    expect(exitCode).toBe(1);
  });

  it.each<[string, Routes, NodeJS.ProcessEnv, RegExp]>([
    [
      "the warehouse is not set",
      {},
      { MLFLOW_TRACING_SQL_WAREHOUSE_ID: undefined },
      /✗ warehouse .*MLFLOW_TRACING_SQL_WAREHOUSE_ID is not set\n\s+→ Set MLFLOW_TRACING_SQL_WAREHOUSE_ID to the id of a warehouse that you have CAN USE on/,
    ],
    [
      "the host cannot be used",
      {},
      { DATABRICKS_HOST: "http://example.com" },
      /^✗ host .*unencrypted to the address in DATABRICKS_HOST.*\n\s+→ Use https:/,
    ],
    [
      "the destination has the wrong form",
      {},
      { MLFLOW_TRACING_DESTINATION: "catalog/schema" },
      /✗ settings .*"catalog\/schema"\n\s+→ Write "catalog\.schema" or "catalog\.schema\.table_prefix"/,
    ],
    [
      "only ALL PRIVILEGES is granted",
      grantsOnTables(["ALL_PRIVILEGES"]),
      {},
      /✗ grant on table main\.agents\.shop_otel_spans app-1 lacks MODIFY, SELECT; ALL PRIVILEGES is granted, which is not enough: they must be named\n\s+→ tracelake grant app-1 --location main\.agents\.shop\n/,
    ],
    [
      "the experiment is not linked",
      { "GET /api/2.0/mlflow/experiments/get": experiment("") },
      {},
      /✗ location .*\/Shared\/shop is linked with no location; it will not show traces of main\.agents\.shop\n\s+→ tracelake link main\.agents\.shop --experiment 7, before the experiment holds traces\n/,
    ],
    [
      "a destination of two parts shadows the experiment's location",
      {},
      { MLFLOW_TRACING_DESTINATION: "main.agents" },
      /✗ location .*traces go to main\.agents, but \/Shared\/shop reads main\.agents\.shop\n\s+→ Set MLFLOW_TRACING_DESTINATION=main\.agents\.shop, or unset it/,
    ],
    [
      "traces have no root span",
      { "POST /api/2.0/sql/statements": countRow(12, 3, "0af7") },
      {},
      /✗ root spans .*3 of 12 traces of the last day have none, such as 0af7; MLflow does not show them\n\s+→ Let the span that all others are below end and be exported/,
    ],
    [
      "the tables are of the wrong generation",
      tablesOfGeneration("v1"),
      {},
      /✗ tables .*shop_otel_spans is of the wrong generation \(otel\.schemaVersion is v1, attributes are map<string,string>\); main\.agents\.shop needs v2\n\s+→ .*tracelake link main\.agents\.shop/,
    ],
    [
      "the tables are not there",
      Object.fromEntries(
        signals.map((signal) => [
          `GET /api/2.1/unity-catalog/tables/${tablePath(signal)}`,
          { status: 404, body: { error_code: "TABLE_DOES_NOT_EXIST", message: "Table does not exist." } },
        ]),
      ),
      {},
      /✗ tables .*cannot be found\n\s+→ tracelake link main\.agents\.shop --experiment[\s\S]*– canary {8}not looked at: needs the tables/,
    ],
    [
      "the token is refused",
      {
        "GET /api/2.0/preview/scim/v2/Me": { status: 401, body: { error_code: "UNAUTHENTICATED", message: "expired" } },
      },
      {},
      /✗ credentials .*401 UNAUTHENTICATED "expired"\n\s+→ Check DATABRICKS_TOKEN[\s\S]*– canary {8}not looked at: needs credentials/,
    ],
    [
      "there are no credentials",
      {},
      { DATABRICKS_TOKEN: undefined },
      /✗ credentials .*DATABRICKS_TOKEN is not set.*\n\s+→ Set DATABRICKS_TOKEN.*databricks auth login/,
    ],
    [
      "spans may not be written",
      {
        "POST /api/2.0/otel/v1/traces": {
          status: 403,
          body: { error_code: "PERMISSION_DENIED", message: "User does not have MODIFY" },
        },
      },
      {},
      /✗ canary .*403 PERMISSION_DENIED "User does not have MODIFY"\n\s+→ .*GRANT MODIFY, SELECT ON TABLE/,
    ],
  ])("says what to run where %s", async (_, routes, env, message) => {
    const { stdout, exitCode } = await examine(routes, { env });
    expect(stdout).toMatch(message);
    expect(exitCode).toBe(1);
  });

  it("writes nothing where nothing may be written", async () => {
    const refused = { "POST /api/2.0/otel/v1/traces": { status: 400, body: {} } };
    const { stdout, stderr, exitCode } = await examine(refused, { args: ["--no-canary"] });
    expect(stdout).toMatch(/– canary {8}not looked at: --no-canary/);
    expect(stderr).toBe("All that was looked at is well; no span was written.\n");
    expect(exitCode).toBe(0);
  });
});

describe("tracelake doctor on a local workspace", () => {
  it.each(["served by nobody", "served by tracelake dev", "reached by its address"])(
    "%s is all ✓ and leaves nothing behind",
    async (setting) => {
      const directory = await temporaryDirectory();
      const server =
        setting === "served by nobody" ? undefined : await startLocalWorkspaceServer({ directory, port: 0 });
      try {
        const byAddress = {
          DATABRICKS_HOST: server?.url,
          DATABRICKS_TOKEN: server?.token,
          MLFLOW_TRACING_DESTINATION: place,
          MLFLOW_TRACING_SQL_WAREHOUSE_ID: "local",
        };
        if (setting === "reached by its address") {
          await runCommand(["link", place, "--experiment", "/Shared/shop"], { env: byAddress });
        }
        const { stdout, exitCode } = await (setting === "reached by its address"
          ? runCommand(["doctor"], { env: byAddress })
          : runCommand(["doctor", "-d", directory]));
        expect(stdout.split("\n").filter((line) => line !== "" && !line.startsWith("✓"))).toEqual([]);
        expect(stdout).toMatch(/✓ canary {8}a span was written and read back/);
        expect(exitCode).toBe(0);
        expect((await runCommand(["traces", "--json", "-d", directory])).stdout).toBe("[]\n");
      } finally {
        await server?.close();
      }
    },
  );

  it("takes back a span that was written and cannot be read", async () => {
    const lost = { status: 403, body: { error_code: "PERMISSION_DENIED", message: "User does not have SELECT" } };
    const deleted: string[] = [];
    const { stdout, exitCode } = await examine(
      {
        "GET /api/4.0/mlflow/traces/main.agents.shop/batchGet": lost,
        "GET /api/2.0/sql/warehouses/local": { body: { id: "local", state: "RUNNING" } },
        "POST /api/2.0/sql/statements": ({ body }) => {
          const { statement } = JSON.parse(body) as { statement: string };
          if (statement.startsWith("DELETE")) deleted.push(statement);
          return countRow(12, 0, null);
        },
      },
      { env: { MLFLOW_TRACING_SQL_WAREHOUSE_ID: "local" } },
    );
    expect(stdout).toMatch(/✗ canary .*User does not have SELECT/);
    expect(deleted).toEqual([
      "DELETE FROM `main`.`agents`.`shop_otel_spans` WHERE trace_id = :id",
      "DELETE FROM `main`.`agents`.`shop_otel_annotations` WHERE target_id = :id",
    ]);
    expect(exitCode).toBe(1);
  });

  it("finds traces without a root span", async () => {
    const directory = await temporaryDirectory();
    const halfAnHourAgo = BigInt(Date.now() - 1_800_000) * 1_000_000n - startUnixNano;
    const fromMillis = Number(halfAnHourAgo / 1_000_000n);
    await writeJournal(directory, "my_catalog.my_schema", {
      spans: [spanAt({ trace: "ab".repeat(16), span: 2, parent: 1 }, fromMillis, fromMillis + 5, { name: "orphan" })],
    });
    const { stdout, exitCode } = await runCommand(["doctor", "-d", directory]);
    expect(stdout).toMatch(/✗ root spans {4}1 of 1 traces of the last day have none, such as abab/);
    expect(exitCode).toBe(1);
  });
});
