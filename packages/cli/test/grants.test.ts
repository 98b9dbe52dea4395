import { startLocalWorkspaceServer, type LocalWorkspaceServer } from "@tracelake/local-workspace";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { temporaryDirectory } from "./filled-workspace.ts";
import { runCommand } from "./run-command.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const location = "main.agents.shop";
const signals = ["spans", "logs", "metrics", "annotations"];

let server: LocalWorkspaceServer;
let owner: NodeJS.ProcessEnv;
/** The settings of an agent that runs as a service principal. */
let agent: NodeJS.ProcessEnv;

beforeEach(async () => {
  server = await startLocalWorkspaceServer({ directory: await temporaryDirectory(), port: 0 });
  const { clientId, clientSecret } = server.servicePrincipal;
  const common = { DATABRICKS_HOST: server.url, MLFLOW_TRACING_SQL_WAREHOUSE_ID: "local" };
  owner = { ...common, DATABRICKS_TOKEN: server.token };
  agent = {
    ...common,
    DATABRICKS_CLIENT_ID: clientId,
    DATABRICKS_CLIENT_SECRET: clientSecret,
    MLFLOW_TRACING_DESTINATION: location,
    MLFLOW_EXPERIMENT_NAME: "/Shared/shop",
  };
  await asOwner("link", location, "--experiment", "/Shared/shop");
});
afterEach(() => server.close());

const asOwner = (...args: readonly string[]) => runCommand(args, { env: owner });
const asAgent = (...args: readonly string[]) => runCommand(args, { env: agent });

interface Report {
  readonly ok: boolean;
  readonly checks: readonly { name: string; status: string; detail: string; remedy: string | null }[];
}

const examine = async (): Promise<Report> => JSON.parse((await asAgent("doctor", "--json")).stdout) as Report;
const failedOf = ({ checks }: Report): string[] =>
  checks.filter(({ status }) => status === "failed").map(({ name }) => name);

const grantsOn = (kind: string, name: string): string => `grant on ${kind} ${name}`;
const tables = signals.map((signal) => grantsOn("table", `${location}_otel_${signal}`));

describe("a service principal", () => {
  it("cannot write before it is granted to, and doctor names each grant and the command that gives it", async () => {
    const report = await examine();
    expect(failedOf(report)).toEqual([
      grantsOn("catalog", "main"),
      grantsOn("schema", "main.agents"),
      ...tables,
      "canary",
      "root spans",
    ]);
    expect(report.checks.find(({ name }) => name === tables[0])).toMatchObject({
      detail: "tracelake lacks MODIFY, SELECT",
      remedy: "tracelake grant tracelake --location main.agents.shop",
    });
    expect(report.checks.find(({ name }) => name === "canary")?.detail).toContain(
      "User does not have USE CATALOG on Catalog 'main'",
    );
  });

  it("can write once the command that doctor names was run", async () => {
    const [, remedy = ""] =
      /^tracelake (.*)/.exec((await examine()).checks.find(({ name }) => name === tables[0])?.remedy ?? "") ?? [];
    expect((await asOwner(...remedy.split(" "))).exitCode).toBe(0);
    const { stdout, exitCode } = await asAgent("doctor");
    expect(stdout.split("\n").filter((line) => line !== "" && !line.startsWith("✓"))).toEqual([]);
    expect(stdout).toMatch(/✓ grant on table main\.agents\.shop_otel_spans MODIFY, SELECT for tracelake\n/);
    expect(stdout).toMatch(/✓ canary +a span was written and read back/);
    expect(exitCode).toBe(0);
    expect((await asOwner("traces", "search", "--location", location, "--json")).stdout).toBe("[]\n");
  });

  it("cannot write with ALL PRIVILEGES alone", async () => {
    for (const on of ["CATALOG main", "SCHEMA main.agents", `TABLE ${location}_otel_spans`]) {
      expect((await sqlAsOwner(`GRANT ALL PRIVILEGES ON ${on} TO tracelake`)).status).toBe("SUCCEEDED");
    }
    const report = await examine();
    expect(failedOf(report)).toEqual([...tables, "canary"]);
    expect(report.checks.find(({ name }) => name === tables[0])?.detail).toBe(
      "tracelake lacks MODIFY, SELECT; ALL PRIVILEGES is granted, which is not enough: they must be named",
    );
    expect(report.checks.find(({ name }) => name === "canary")?.detail).toContain(
      "User does not have MODIFY on Table 'main.agents.shop_otel_spans'",
    );
  });

  it("that may only read reads, and writes nothing", async () => {
    await asOwner("grant", "tracelake", "--location", location, "--read-only");
    expect((await asAgent("traces", "search", "--json")).stdout).toBe("[]\n");
    expect((await asAgent("query", "slow", "--json")).stdout).toBe("[]\n");
    const added = await asAgent(
      "feedback",
      "add",
      `trace:/${location}/${"1".repeat(32)}`,
      "--name",
      "a",
      "--value",
      "1",
    );
    expect([added.exitCode, added.stderr]).toEqual([1, expect.stringMatching(/does not have MODIFY on Table/)]);
    expect(failedOf(await examine())).toEqual([...tables, "canary"]);
  });

  it("reads nothing that nobody granted, and grants itself nothing", async () => {
    for (const args of [
      ["traces", "search"],
      ["query", "slow"],
    ]) {
      const { exitCode, stderr } = await asAgent(...args);
      expect([exitCode, stderr]).toEqual([
        1,
        expect.stringMatching(/User does not have USE CATALOG on Catalog 'main'/),
      ]);
    }
    const { exitCode, stderr } = await asAgent("grant", "tracelake", "--location", location);
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringMatching(/does not have MANAGE.*owner of the catalog.*MANAGE/),
    ]);
  });
});

const sqlAsOwner = async (statement: string): Promise<{ readonly status: string }> => {
  const answer = await fetch(`${server.url}/api/2.0/sql/statements`, {
    method: "POST",
    headers: { authorization: `Bearer ${server.token ?? ""}` },
    body: JSON.stringify({ statement, warehouse_id: "local" }),
  });
  const { status } = (await answer.json()) as { status: { state: string } };
  return { status: status.state };
};

describe("the owner of a location", () => {
  it("needs no grants, and takes back what was granted", async () => {
    await asOwner("grant", "tracelake", "--location", location);
    await sqlAsOwner(`REVOKE MODIFY ON TABLE ${location}_otel_spans FROM tracelake`);
    expect(failedOf(await examine())).toEqual([tables[0], "canary"]);
    const own = await runCommand(["doctor"], { env: { ...owner, MLFLOW_TRACING_DESTINATION: location } });
    expect(own.stdout).toMatch(/✓ grant on table main\.agents\.shop_otel_spans local-user owns it\n/);
    expect(own.exitCode).toBe(0);
  });
});
