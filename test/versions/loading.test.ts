import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startReplayServer, type ReplayServer } from "../support/replay-server.ts";
import { cells, isNightly, projectOf } from "./matrix.ts";
import { runProgram } from "./run-program.ts";

const scenarios = fileURLToPath(new URL("../scenarios/openai", import.meta.url));

let server: ReplayServer;
beforeAll(async () => {
  server = await startReplayServer(fileURLToPath(new URL("../fixtures/openai", import.meta.url)));
});
afterAll(() => server.close());

/** The same programs that judge the pinned client on the running Node.js. */
const programs = readdirSync(scenarios).filter((file) => !/^(recording|set-up)\./.test(file));
const spansOf: Readonly<Record<string, number>> = { "both-builds.mjs": 2 };

interface Printed {
  readonly spans: readonly { name: string; status: number; outputs: string }[];
}

// How a module is found depends on Node.js and on the layout of the package, which changes between majors.
const judged = cells().filter(
  ({ version, node }) => !version.endsWith("first") || (isNightly && node.path === process.execPath),
);

describe("every version of the client is found, however it is loaded", () => {
  it.each(judged)("$version, Node.js $node.major", async ({ node, version }) => {
    const options = { folder: join(projectOf(version), "loading"), modelUrl: `${server.url}/v1` };
    const recorded: Record<string, string[]> = {};
    for (const program of programs) {
      const { spans } = await runProgram<Printed>(node, program, options);
      recorded[program] = spans.map(
        ({ name, status, outputs }) => `${name} ${status} ${outputs.includes("chatcmpl-1")}`,
      );
    }
    expect(recorded).toEqual(
      Object.fromEntries(programs.map((name) => [name, Array(spansOf[name] ?? 1).fill("Completions 1 true")])),
    );
  });
});
