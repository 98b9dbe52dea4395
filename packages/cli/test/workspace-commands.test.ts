import { startLocalWorkspaceServer, type LocalWorkspaceServer } from "@tracelake/local-workspace";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { withServer } from "../../../test/support/recorded-workspace.ts";
import { fillWorkspace, okTrace, prefixTrace, temporaryDirectory, toolErrorTrace } from "./filled-workspace.ts";
import { runCommand } from "./run-command.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const parse = (json: string): unknown => JSON.parse(json);
const shop = ["--location", "main.agents.shop"];

describe("the commands that ask a workspace", () => {
  let server: LocalWorkspaceServer;
  let directory = "";
  const run = (...args: readonly string[]) => runCommand([...args, "--directory", directory]);

  beforeAll(async () => {
    directory = await temporaryDirectory();
    await fillWorkspace(directory);
    server = await startLocalWorkspaceServer({ directory, port: 0 });
  });
  afterAll(() => server.close());

  it("link an experiment with a location, and unlink it where that is possible", async () => {
    const linked = await run("link", "main.support", "--experiment", "/Shared/support", "--json");
    expect(parse(linked.stdout)).toMatchObject({
      name: "/Shared/support",
      location: "main.support",
      tables: [/spans$/, /logs$/, /metrics$/].map((end) => expect.stringMatching(end) as string),
    });
    expect((await run("link", "main.support", "--experiment", "/Shared/support")).stdout).toContain(
      "export MLFLOW_TRACING_DESTINATION=main.support",
    );
    const other = await run("link", "main.agents.other", "--experiment", "/Shared/support");
    expect(other.stderr).toMatch(
      /linked with another trace location.*main\.support\. Unlink it first: tracelake unlink/,
    );
    expect((await run("unlink", "--experiment", "/Shared/support")).stdout).toContain("not linked with main.support");
    const again = await run("unlink", "--experiment", "/Shared/support");
    expect([again.exitCode, again.stderr]).toEqual([
      1,
      expect.stringMatching(/nothing to unlink.*linked with no location\. Name another experiment with --experiment/),
    ]);
    await run("link", "main.agents.forever", "--experiment", "/Shared/forever");
    expect((await run("unlink", "--experiment", "/Shared/forever")).stderr).toMatch(
      /cannot be unlinked.*new experiment/,
    );
  });

  it("know an experiment that is given or set, and say so where there is none", async () => {
    for (const args of [["link", "main.agents.shop"], ["unlink"]]) {
      const { exitCode, stderr } = await run(...args);
      expect(exitCode).toBe(2);
      expect(stderr).toMatch(/no --experiment\. Give --experiment .*, or set MLFLOW_EXPERIMENT_ID or/);
    }
    expect((await run("link", "nonsense", "-e", "1")).stderr).toMatch(/"catalog\.schema" or "catalog\.schema\.table/);
    const missing = await run("unlink", "--experiment", "999");
    expect(missing.stderr).toMatch(/Reading the experiment 999 failed.*MLFLOW_EXPERIMENT_ID/);
  });

  it("print the statements of a grant, and run them", async () => {
    const planned = await run("grant", "2f6c8a10", ...shop, "--dry-run", "--read-only");
    expect(planned.stdout).toContain("GRANT SELECT ON TABLE `main`.`agents`.`shop_otel_annotations` TO `2f6c8a10`;\n");
    expect(planned.stdout).not.toContain("MODIFY");
    const json = parse((await run("grant", "2f6c8a10", ...shop, "--dry-run", "--json")).stdout);
    expect(json).toMatchObject({ is_run: false, statements: { length: 8 } });
    const before = await run("sql", "--json", "SHOW GRANTS ON TABLE main.agents.shop_otel_spans");
    expect(before.stdout).toBe("[]\n");
    expect((await run("grant", "2f6c8a10", ...shop)).stderr).toMatch(/8 statements run/);
    const granted = await run("sql", "--json", "SHOW GRANTS `2f6c8a10` ON TABLE main.agents.shop_otel_spans");
    expect(parse(granted.stdout)).toMatchObject([
      { ActionType: "MODIFY", ObjectType: "TABLE", ObjectKey: "main.agents.shop_otel_spans" },
      { ActionType: "SELECT" },
      { ActionType: "USE CATALOG", ObjectKey: "main" },
      { ActionType: "USE SCHEMA", ObjectKey: "main.agents" },
    ]);
    const onView = await run("sql", "--json", "SHOW GRANTS `2f6c8a10` ON VIEW main.agents.shop_trace_unified");
    expect(parse(onView.stdout)).toMatchObject([{ ActionType: "SELECT" }, {}, {}]);
    const nowhere = await run("grant", "2f6c8a10", "--location", "main.agents.nowhere");
    expect([nowhere.exitCode, nowhere.stderr]).toEqual([
      1,
      expect.stringMatching(/TABLE_OR_VIEW_NOT_FOUND.*Make the tables first: tracelake link/),
    ]);
  });

  it("ask ready questions, in any form of answer", async () => {
    const args = ["--since", "2026-05-01T00:00:00Z", ...shop];
    const slow = await run("query", "slow", "--seconds", "0.05", "--json", ...args);
    expect(parse(slow.stdout)).toMatchObject([{ trace_id: prefixTrace, seconds: 0.1 }]);
    const tokens = await run("query", "tokens", "--csv", "--since", "2026-05-01T00:00:00Z");
    expect(tokens.stdout).toMatch(/^model,calls,input_tokens.*\ngemma-3-270m,2,2824,46,2870,\n$/);
    expect((await run("query", "latency", ...args)).stdout).toMatch(/^span_type +spans +p50_ms/);
    expect((await run("query", "errors", "--show-sql", ...args)).stdout).toMatch(/^SELECT name, COALESCE\(/);
    const unclear = await run("query", "slow", "--seconds", "5s");
    expect([unclear.exitCode, unclear.stderr]).toEqual([2, expect.stringMatching(/Write a number of seconds/)]);
    const wrong = await run("query", "nonsense");
    expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining("Allowed choices are slow, errors")]);
    expect((await run("query", "slow", "--since", "yesterday")).stderr).toMatch(/Write 90m, 24h or 7d/);
    expect((await run("query", "slow", "--location", "main.nowhere")).stderr).toMatch(/no traces at main\.nowhere/);
  });

  it("judge traces, find them by what was said, and count it by day", async () => {
    const id = `trace:/main.agents.shop/${prefixTrace}`;
    const added = await run(
      "feedback",
      "add",
      id,
      "--name",
      "helpful",
      "--value",
      "true",
      "--rationale",
      "Yes.",
      "--by",
      "ana",
      "--json",
    );
    expect(parse(added.stdout)).toMatchObject({ kind: "feedback", name: "helpful", value: true, source_id: "ana" });
    const expected = ["--name", "expected_facts", "--value", '["a","b"]', "--expectation"];
    expect((await run("feedback", "add", prefixTrace, ...shop, ...expected)).stdout).toContain(
      'expected_facts = ["a","b"]',
    );

    const found = await run("traces", "search", ...shop, "--limit", "5", "--json");
    expect(parse(found.stdout)).toMatchObject([
      {
        trace_id: id,
        location: "main.agents.shop",
        tags: { channel: "web" },
        assessments: expect.arrayContaining([
          expect.objectContaining({ name: "helpful", value: true, source_type: "HUMAN" }),
          expect.objectContaining({ name: "expected_facts", value: ["a", "b"], kind: "expectation" }),
        ]) as unknown,
      },
    ]);
    const listed = await run("traces", "search", ...shop);
    expect(listed.stdout).toContain("helpful=true");
    const time = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/;
    expect(time.exec(listed.stdout)?.[0]).toBe(time.exec((await run("traces", ...shop)).stdout)?.[0] ?? "no time");
    const counted = await run("query", "assessments", "--json", ...shop);
    expect(parse(counted.stdout)).toMatchObject([
      { name: "helpful", source: "HUMAN", total: 1, positive: 1, negative: 0 },
    ]);
    const reasoned = await run("feedback", "add", prefixTrace, ...shop, ...expected, "--rationale", "So it was.");
    expect([reasoned.exitCode, reasoned.stderr]).toEqual([
      2,
      expect.stringMatching(/'--rationale <text>' cannot be used with option '--expectation'/),
    ]);
    const lost = await run("feedback", "add", "tr-x", "--name", "a", "--value", "1");
    expect(lost.stderr).toMatch(/trace id cannot be read/);
  });

  it("search with MLflow's filters, and pass on what is wrong with one", async () => {
    const errors = await run(
      "traces",
      "search",
      "--filter",
      "tag.channel = 'chat'",
      "--order-by",
      "timestamp_ms ASC",
      "--json",
    );
    expect(parse(errors.stdout)).toMatchObject(
      [okTrace, toolErrorTrace].map((hex) => ({ trace_id: `trace:/my_catalog.my_schema/${hex}` })),
    );
    const wrong = await run("traces", "search", "--filter", "nonsense");
    expect([wrong.exitCode, wrong.stderr]).toEqual([1, expect.stringMatching(/Invalid clause/)]);
  });
});

describe("the commands where agents write to an MLflow server", () => {
  const uri = "https://mlflow.example/base";
  const env = { MLFLOW_TRACKING_URI: uri, MLFLOW_EXPERIMENT_ID: "1", MLFLOW_TRACKING_TOKEN: "s3cret" };

  it.each([
    ["query", "slow"],
    ["query", "slow", "--location", "main.agents"],
    ["quality"],
    ["link", "main.agents.shop"],
    ["unlink"],
    ["grant", "ana"],
  ])("say with %s that it cannot be asked", async (...args) => {
    const { exitCode, stdout, stderr } = await runCommand(args, { env });
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(
      `Databricks and local workspaces only: MLFLOW_TRACKING_URI is ${uri}. Look at the traces in`,
    );
    expect(stderr).toContain("or give --profile or --directory");
    expect(stderr).not.toContain("s3cret");
  });

  it("say so as doctor's one finding, and hide a password in the address", async () => {
    const { exitCode, stdout } = await runCommand(["doctor"], { env });
    expect([exitCode, stdout]).toEqual([
      1,
      expect.stringMatching(/^✗ settings +This command asks Databricks and local/),
    ]);
    const hidden = { ...env, MLFLOW_TRACKING_URI: "https://ana:s3cret@mlflow.example" };
    const { stdout: refused } = await runCommand(["doctor"], { env: hidden });
    expect(refused).toMatch(/MLFLOW_TRACKING_URI cannot be used: "https:\/\/…@mlflow\.example"/);
    expect(refused).not.toContain("s3cret");
  });

  it("look elsewhere where a directory is given", async () => {
    const { stdout } = await runCommand(["doctor", "--no-canary", "-d", await temporaryDirectory()], { env });
    expect(stdout).toMatch(/^✓ host +the local workspace in/);
  });

  it("search its experiment and judge its traces", async () => {
    const experiments: unknown[] = [];
    const assessment = { assessment_id: "a-1", assessment_name: "helpful", feedback: { value: true } };
    const traceId = `tr-${"ab".repeat(16)}`;
    await withServer(
      {
        "POST /api/3.0/mlflow/traces/search": ({ body }) => {
          experiments.push((parse(body) as { locations: unknown }).locations);
          return { body: { traces: [{ trace_id: traceId, state: "OK" }] } };
        },
        [`POST /api/3.0/mlflow/traces/${traceId}/assessments`]: { body: { assessment } },
      },
      async ({ url, seen }) => {
        const there = { ...env, MLFLOW_TRACKING_URI: url };
        const found = await runCommand(["traces", "search", "--json"], { env: there });
        expect(parse(found.stdout)).toMatchObject([{ trace_id: traceId }]);
        expect(experiments).toEqual([[{ type: "MLFLOW_EXPERIMENT", mlflow_experiment: { experiment_id: "1" } }]]);
        const judging = ["--name", "helpful", "--value", "true"];
        const judged = await runCommand(["feedback", "add", traceId, ...judging], { env: there });
        expect([judged.stdout, judged.stderr]).toEqual(["✓ helpful = true (a-1)\n", ""]);
        const bare = await runCommand(["feedback", "add", "ab".repeat(16), ...judging], { env: there });
        expect(bare.stderr).toContain(`an experiment's own trace is "${traceId}"`);
        expect(seen).toHaveLength(2);
      },
    );
  });
});

describe("the commands where agents write to Databricks", () => {
  it("ask that workspace with its credentials, and name what is missing", async () => {
    await withServer({}, async ({ url, seen }) => {
      const env = { DATABRICKS_HOST: url, DATABRICKS_TOKEN: "t", MLFLOW_TRACING_DESTINATION: "main.agents.shop" };
      const query = await runCommand(["query", "slow"], { env });
      expect(query.stderr).toMatch(/needs a SQL warehouse: MLFLOW_TRACING_SQL_WAREHOUSE_ID is not set/);
      const link = await runCommand(["link", "main.agents.shop", "-e", "/Shared/shop"], { env });
      expect(link.stderr).toMatch(/Making the trace location main\.agents\.shop needs a SQL warehouse/);
      expect(seen).toEqual([]);
    });
    const bare = await runCommand(["query", "slow"], { env: { DATABRICKS_TOKEN: "t" } });
    expect(bare.stderr).toMatch(/DATABRICKS_HOST is not set/);
    const { DATABRICKS_HOST: host, DATABRICKS_TOKEN: token } = { DATABRICKS_HOST: "h", DATABRICKS_TOKEN: "t" };
    const nowhere = await runCommand(["traces", "search"], { env: { DATABRICKS_HOST: host, DATABRICKS_TOKEN: token } });
    expect(nowhere.stderr).toMatch(/neither --location nor MLFLOW_TRACING_DESTINATION nor an experiment/);
  });
});
