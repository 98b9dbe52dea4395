import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { runOracle } from "./run-oracle.ts";

const folder = fileURLToPath(new URL("langchain", import.meta.url));

// Of 38 scenarios in turn. `test/versions-langchain` makes it more than 10,000.
const requests = 350;
const builds = ["run-oracle.mjs", "run-oracle.cjs"] as const;
const modes = [
  ["unset", undefined, "handler"],
  ["false", "false", "autolog"],
  ["true", "true", "handler"],
] as const;

describe("our spans are LangChain's own runs, many at once", () => {
  for (const [seed, program] of builds.entries()) {
    it.each(modes)(
      `in ${program}, with background callbacks %s`,
      { timeout: 600_000 },
      async (_, background, handler) => {
        const found = await runOracle({ folder, program, background, handler, requests, seed: 11 + seed });
        expect(found).toMatchObject({ requests, wrong: 0, late: 0, byName: {}, examples: [] });
        expect(found.runs).toBeGreaterThan(requests * 4);
      },
    );
  }
});

describe("LangChain is recorded, also where it is loaded after autolog()", () => {
  it.each(["autolog-before.mjs", "autolog-before.cjs"])("%s", async (program) => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [program], { cwd: folder });
    expect([JSON.parse(stdout), stderr]).toEqual([["RunnableLambda"], ""]);
  });
});
