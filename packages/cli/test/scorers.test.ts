import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLocalWorkspaceServer, type LocalWorkspaceServer } from "@tracelake/local-workspace";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { runCommand } from "./run-command.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const parse = (json: string): unknown => JSON.parse(json);

describe("tracelake scorers", () => {
  let directory = "";
  let server: LocalWorkspaceServer;
  const run = (...args: readonly string[]) => runCommand(["scorers", ...args, "--directory", directory]);

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "tracelake-scorers-"));
    server = await startLocalWorkspaceServer({ directory, port: 0 });
  });
  afterAll(async () => {
    await server.close();
    await rm(directory, { recursive: true, force: true });
  });

  it("registers, starts, lists, stops and deletes", async () => {
    const registered = await run("register", "safety", "--name", "production_safety");
    expect(registered).toMatchObject({ exitCode: 0, stdout: "✓ production_safety does not run (version 1)\n" });
    expect(registered.stderr).toContain("Nothing is scored yet:\n  tracelake scorers start production_safety\n");

    const started = await run("start", "production_safety");
    expect(started.stdout).toBe("✓ production_safety scores 100 % of the traces (version 1)\n");
    const tone = ["--guidelines", "Be polite.", "--guidelines", "Be short.", "--model", "openai:/gpt-4.1-mini"];
    const filter = ["--sample-rate", "0.5", "--filter", "trace.status = 'OK'"];
    const both = await run("register", "guidelines", "--name", "tone", ...tone, ...filter);
    expect(both).toMatchObject({
      stdout: "✓ tone scores 50 % of the traces where trace.status = 'OK' (version 1)\n",
    });
    expect(both.stderr).not.toContain("Nothing is scored yet");

    const listed = await run("list");
    expect(listed.stdout.split("\n").map((line) => line.trimEnd())).toEqual([
      "NAME               KIND        TRACES  VERSION  MODEL                 FILTER",
      expect.stringMatching(/^─+/),
      "production_safety  Safety       100 %        1",
      "tone               Guidelines    50 %        1  openai:/gpt-4.1-mini  trace.status = 'OK'",
      "",
    ]);
    expect(listed.stderr).toMatch(/2 scorers in /);
    expect(parse((await run("list", "--json")).stdout)).toMatchObject([
      { name: "production_safety", type: "builtin", class: "Safety", sample_rate: 1, filter: null, version: 1 },
      { name: "tone", guidelines: ["Be polite.", "Be short."], sample_rate: 0.5, filter: "trace.status = 'OK'" },
    ]);

    expect(parse((await run("stop", "tone", "--json")).stdout)).toMatchObject({ name: "tone", sample_rate: 0 });
    expect((await run("list")).stdout).toMatch(/tone +Guidelines +stopped/);
    expect((await run("delete", "tone")).stdout).toBe("✓ tone is deleted\n");
    const lost = await run("start", "tone");
    expect([lost.exitCode, lost.stderr]).toEqual([
      1,
      expect.stringMatching(/"tone"\. Registered are "production_safety"/),
    ]);
  });

  it("registers what a module exports", async () => {
    const monitor = JSON.stringify(new URL("../../monitor/src/index.ts", import.meta.url).href);
    const module = join(directory, "scorers.mjs");
    await writeFile(
      module,
      `import { fluency, makeJudge } from ${monitor};
      export const scorers = [fluency(), makeJudge({ name: "brief; it's $HOME", instructions: "Is {{ outputs }} brief?" })];
      export const limit = 7;`,
    );
    const stopped = await run("register", module);
    expect(stopped.stderr).toContain(
      "Nothing is scored yet:\n  tracelake scorers start fluency\n  tracelake scorers start 'brief; it'\\''s $HOME'\n",
    );
    const registered = await run("register", module, "--sample-rate", "0.1", "--experiment", "/Shared/local", "--json");
    await writeFile(join(directory, "none.mjs"), "export const limit = 7;");
    const none = await run("register", join(directory, "none.mjs"));
    expect([none.exitCode, none.stderr]).toEqual([
      2,
      expect.stringMatching(/1 exports, none of them a scorer\. Name a/),
    ]);
    expect(parse(registered.stdout)).toMatchObject([
      { name: "fluency", sample_rate: 0.1 },
      { name: "brief; it's $HOME", type: "instructions", instructions: "Is {{ outputs }} brief?", sample_rate: 0.1 },
    ]);
  });

  it.each([
    [["register", "guidelines"], /guidelines without guidelines\. Give them: --guidelines/],
    [
      ["register", "safety", "--guidelines", "Be polite."],
      /--guidelines for safety\. Only guidelines and conversational/,
    ],
    [["register", "safty"], /"safty"\. Give the path of a module.*one of safety, relevance_to_query/],
    [["register", "safety", "--sample-rate", "2"], /more than 0 and at most 1/],
    [
      ["register", "safety", "--filter", "trace.status = 'OK'"],
      /--filter without --sample-rate\. Give --sample-rate too/,
    ],
    [["start", "safety", "--sample-rate", "0"], /more than 0 and at most 1/],
    [["start", "safety", "--filter", "trace.status = OK"], /quoted string/],
    [["start"], /missing required argument 'name'/],
  ])("says what is wrong with %j", async (args, message) => {
    const { exitCode, stdout, stderr } = await run(...args);
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
  });

  it("asks an MLflow server where the environment names one", async () => {
    const env = { MLFLOW_TRACKING_URI: server.url, MLFLOW_TRACKING_TOKEN: server.token, MLFLOW_EXPERIMENT_ID: "1" };
    const registered = await runCommand(["scorers", "register", "safety", "--json"], { env });
    expect(parse(registered.stdout)).toMatchObject([{ name: "safety", sample_rate: 0, version: 1 }]);
    const started = await runCommand(["scorers", "start", "safety"], { env });
    expect([started.exitCode, started.stderr]).toEqual([
      1,
      expect.stringMatching(/it names no model\. Servers ask judges through their AI Gateway only/),
    ]);
  });
});
