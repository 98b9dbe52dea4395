import { execFile } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startLocalWorkspaceServer, type LocalWorkspaceServer } from "@tracelake/local-workspace";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const directory = mkdtempSync(join(tmpdir(), "tracelake-endings-"));
let server: LocalWorkspaceServer;
beforeAll(async () => {
  server = await startLocalWorkspaceServer({ directory, port: 0 });
});
afterAll(async () => {
  await server.close();
  await rm(directory, { recursive: true, force: true });
});

/** What a program that registers scorers with both builds says on stderr, however it ends. */
const saidBy = (ending: string): Promise<string> =>
  new Promise((resolve) => {
    const file = fileURLToPath(new URL("monitor-endings/register.mjs", import.meta.url));
    const env = { PATH: process.env["PATH"] ?? "", TRACELAKE_DIRECTORY: directory };
    execFile(process.execPath, [file, ending], { env, timeout: 60_000 }, (_error, _stdout, stderr) => resolve(stderr));
  });

const line =
  /^\[tracelake\] registered, but not started, so that nothing is scored: "left" \(experiment \d+\), "left too" \(experiment \d+\)\. Call \.start/m;

describe("a program that has registered scorers", () => {
  it.each(["exits", "throws"])(
    "and %s without having started them is told once that nothing will run",
    async (ending) => {
      const said = await saidBy(ending);
      expect(said).toMatch(line);
      expect(said.match(/\[tracelake\] registered/g)).toHaveLength(1);
    },
  );

  // Runs last: what is started stays so when it is registered again.
  it("and has decided on each of them is told nothing", async () => {
    expect(await saidBy("starts")).toBe("");
  });
});
