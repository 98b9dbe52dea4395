import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { safety } from "@tracelake/monitor";
import { findRunningServer, connectRunningServer, setExperiment, type Connection } from "@tracelake/workspace-client";
import { startLocalWorkspaceServer, type LocalWorkspaceServer } from "@tracelake/local-workspace";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { sendTraces } from "../../../test/support/monitored-workspace.ts";
import { runCommand } from "./run-command.ts";

/** What the SQL of a workspace answers. */
interface StatementAnswer {
  readonly manifest: unknown;
  readonly result: Readonly<Record<string, unknown>>;
}

const location = "main.shop.agent";
let directory = "";
let server: LocalWorkspaceServer;
let connection: Connection;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "tracelake-monitor-command-"));
  server = await startLocalWorkspaceServer({ directory, port: 0 });
  const running = await findRunningServer(directory);
  connection = connectRunningServer(running ?? { url: server.url, token: server.token });
  const startMillis = Date.now() - 60_000;
  await sendTraces(
    connection,
    location,
    [1, 2, 3, 4].map((number) => ({
      id: String(number).repeat(32),
      startMillis,
      outputs: number === 4 ? "Bah." : "Yes.",
    })),
  );
  await writeFile(
    join(directory, "scorers.mjs"),
    `const scorer = (name, score) => ({ name, record: { type: "code", name, isSessionLevel: false }, score });
export const polite = scorer("polite", async ({ trace }) => ({ type: "scored",
  feedbacks: [{ value: trace.spans[0].outputs === "Bah." ? "no" : "yes" }] }));
export const others = [scorer("moody", async () => ({ type: "failed", error: { code: "NO", message: "not today" } }))];`,
  );
});
afterAll(async () => {
  await server.close();
  await rm(directory, { recursive: true, force: true });
});

const judgeAt = (port: number): string[] => ["--judge-url", `ollama=http://127.0.0.1:${port}`];

const run = (...args: string[]) => runCommand([...args, "--directory", directory, "--location", location]);

describe("tracelake monitor", () => {
  it("scores what is there with the scorers of a module, once", async () => {
    const scorers = join(directory, "scorers.mjs");
    const first = await run("monitor", "--once", "--scorers", scorers);
    expect(first).toMatchObject({ exitCode: 0, stdout: "4 scored, 4 failed\n" });
    expect(first.stderr).toMatch(/looked once in \d/);
    const second = await run("monitor", "--once", "--scorers", scorers, "--json");
    expect(JSON.parse(second.stdout)).toMatchObject({ scored: 0, failed: 0, alreadyScored: 8 });
  });

  it("samples and filters the scorers of a module that say so", async () => {
    const scorers = join(directory, "sampled.mjs");
    await writeFile(
      scorers,
      `const scorer = (name) => ({ name, record: { type: "code", name, isSessionLevel: false },
  score: async () => ({ type: "scored", feedbacks: [{ value: 7 }] }) });
export const never = { scorer: scorer("never"), sampleRate: 0 };
export const failed = { scorer: scorer("failed"), sampleRate: 1, filter: "trace.status = 'ERROR'" };
export const all = { scorer: scorer("all"), sampleRate: 1 };`,
    );
    const { stdout } = await run("monitor", "--once", "--scorers", scorers, "--json");
    expect(JSON.parse(stdout)).toMatchObject({ scored: 4, filteredOut: 4, sampledOut: 0 });
  });

  it("says whose scorers run, and where none is started", async () => {
    const experiment = await setExperiment(connection, {
      name: "/Shared/shop",
      traceLocation: location,
      sqlWarehouseId: "local",
    });
    const { exitCode, stdout, stderr } = await run("monitor", "--once", "--experiment", "/Shared/shop");
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "0 scored\n" });
    expect(stderr).toContain(`no scorer of the experiment ${experiment.experiment_id} is started`);
    const registered = await safety().register({ connection, experimentId: experiment.experiment_id });
    await registered.start();
    const judged = await run(
      "monitor",
      "--once",
      "--experiment",
      "/Shared/shop",
      "--judge",
      "ollama:/m",
      ...judgeAt(9),
    );
    expect(judged.stderr).toContain(`1 scorer of the experiment ${experiment.experiment_id}`);
    // Nobody answers there.
    expect(judged).toMatchObject({ exitCode: 1, stdout: "0 scored, 4 put off\n" });
    expect(judged.stderr).toMatch(/The judge cannot be asked, and its scorings are put off: .*127\.0\.0\.1:9/);
  });

  it("does not judge twice what an MLflow server judges itself, and follows it where it is told to", async () => {
    const env = { MLFLOW_TRACKING_URI: "http://127.0.0.1:9", MLFLOW_EXPERIMENT_ID: "1" };
    const unasked = await runCommand(["monitor", "--once"], { env });
    expect(unasked).toMatchObject({ exitCode: 2, stdout: "" });
    expect(unasked.stderr).toMatch(/judged twice\. Give --scorers <file>, or --started/);
    const asked = await runCommand(["monitor", "--once", "--scorers", join(directory, "scorers.mjs")], { env });
    expect(asked.stderr).toMatch(/got no answer from http:\/\/127\.0\.0\.1:9/);
  });

  it("says what is wrong with a module that exports no scorers, and with one that is not there", async () => {
    await writeFile(join(directory, "none.mjs"), "export const x = 1;");
    const none = await run("monitor", "--once", "--scorers", join(directory, "none.mjs"));
    expect(none).toMatchObject({ exitCode: 2, stdout: "" });
    expect(none.stderr).toMatch(/cannot be used: 1 exports, none of them a scorer\. Name a module/);
    expect(await run("monitor", "--once", "--scorers", join(directory, "missing.mjs"))).toMatchObject({ exitCode: 2 });
    expect(await run("monitor", "--once", "--watch")).toMatchObject({ exitCode: 2 });
  });
});

describe("tracelake quality", () => {
  it("shows the pass rate of each scorer and how it went", async () => {
    const { exitCode, stdout } = await run("quality", "--since", "2d");
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/SCORER +PASS +JUDGED +ERRORS +TREND/);
    expect(stdout).toMatch(/moody +– +0 +4 +···/);
    expect(stdout).toMatch(/polite +75\.0 % +4 +0 +··▇/);
  });

  it("gives programs the same by period", async () => {
    const { stdout } = await run("quality", "--since", "24h", "--by", "hour", "--json");
    expect(JSON.parse(stdout)).toMatchObject([
      { scorer: "moody", judged: 0, pass_rate: null, errors: 4 },
      { scorer: "polite", judged: 4, passed: 3, pass_rate: 0.75, errors: 0, periods: [{ judged: 4, passed: 3 }] },
    ]);
  });

  it("shows all periods of many scorers, and refuses to show less than there are", async () => {
    let rows = 14_400;
    const fetchAsIs = globalThis.fetch;
    const fetching = vi.spyOn(globalThis, "fetch").mockImplementation(async (url, init) => {
      const answer = await fetchAsIs(url, init);
      const asked = init?.body instanceof Uint8Array ? Buffer.from(init.body).toString() : "";
      const [, limit] = /by_period.*LIMIT (\d+)/s.exec(asked) ?? [];
      if (limit === undefined) return answer;
      const { manifest, result, ...others } = (await answer.json()) as StatementAnswer;
      const data = Array.from({ length: Math.min(rows, Number(limit)) }, (_, index) => [
        `scorer-${Math.floor(index / 720)}`,
        new Date(index * 3_600_000).toISOString(),
        "10",
        "9",
        "90.0",
        "0",
      ]);
      return Response.json({ ...others, manifest, result: { ...result, data_array: data } });
    });
    const args = ["quality", "--since", "30d", "--by", "hour", "--json"];
    const shown = JSON.parse((await run(...args)).stdout) as { readonly judged: number }[];
    expect(shown.map(({ judged }) => judged)).toEqual(Array.from({ length: 20 }, () => 7_200));
    rows = 60_000;
    const refused = await run(...args);
    expect(refused).toMatchObject({ exitCode: 2, stdout: "" });
    expect(refused.stderr).toMatch(/more than 50,000 periods of all scorers\. Give a later --since, or --by day/);
    fetching.mockRestore();
  });

  it("says where nothing was judged", async () => {
    const { stdout, stderr } = await run("quality", "--since", new Date(Date.now() + 86_400_000).toISOString());
    expect(stdout).toBe("");
    expect(stderr).toMatch(/Nothing was judged in this time/);
  });
});

describe("what one look of tracelake monitor leaves", () => {
  it("ends it with 1, and is scored by the run that it names", async () => {
    let isExpired = true;
    const judge = createServer((_, response) => {
      const message = { content: '{"rationale":"r","result":"yes"}' };
      if (isExpired) response.writeHead(401).end("{}");
      else response.end(JSON.stringify({ choices: [{ message }] }));
    });
    await new Promise<void>((resolve) => judge.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void judge.close());
    const { port } = judge.address() as AddressInfo;
    await writeFile(
      join(directory, "judged.mjs"),
      `export const judged = { name: "judged", record: { type: "code", name: "judged", isSessionLevel: false },
  score: async (_, { judge }) => {
    await judge.ask({ model: "ollama:/m", messages: [], schema: {} });
    return { type: "scored", feedbacks: [{ value: "yes" }] };
  } };`,
    );
    await sendTraces(connection, location, [{ id: "5".repeat(32), startMillis: Date.now() - 7_200_000 }]);
    const args = ["monitor", "--once", "--scorers", join(directory, "judged.mjs"), ...judgeAt(port)];
    const left = await run(...args, "--since", "3h");
    expect(left).toMatchObject({ exitCode: 1, stdout: "0 scored, 5 put off\n" });
    const [, since = ""] = /Mend what the notes say, then run it again with --since (\S+): /.exec(left.stderr) ?? [];
    isExpired = false;
    expect(await run(...args)).toMatchObject({ exitCode: 0, stdout: "4 scored\n" });
    expect(await run(...args, "--since", since)).toMatchObject({ exitCode: 0, stdout: "1 scored, 4 scored before\n" });
  });

  it("is what is not complete yet, where it ends with 0", async () => {
    const young = "main.shop.young";
    await sendTraces(connection, young, [{ id: "6".repeat(32), startMillis: Date.now() - 60_000, session: "lively" }]);
    const scorers = join(directory, "sessions.mjs");
    await writeFile(
      scorers,
      `export const calm = { name: "calm", record: { type: "code", name: "calm", isSessionLevel: true },
  score: async () => ({ type: "scored", feedbacks: [{ value: "yes" }] }) };`,
    );
    const args = ["monitor", "--once", "--scorers", scorers, "--directory", directory, "--location", young];
    expect(await runCommand(args)).toMatchObject({ exitCode: 0, stdout: "0 scored, 1 not complete yet\n" });
  });
});
