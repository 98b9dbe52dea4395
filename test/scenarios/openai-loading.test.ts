import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startReplayServer, type ReplayServer } from "../support/replay-server.ts";

const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url));

let server: ReplayServer;
beforeAll(async () => {
  server = await startReplayServer(folder("../fixtures/openai"));
});
afterAll(() => server.close());

interface Printed {
  readonly spans: readonly { name: string; status: number; outputs: string }[];
}

/** Runs a program on the built packages in a process of its own. */
const run = async (program: string, flags: readonly string[]): Promise<{ printed: Printed; stderr: string }> => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [...flags, program], {
    env: { ...process.env, NODE_OPTIONS: "", MODEL_URL: `${server.url}/v1` },
    timeout: 60_000,
  });
  return { printed: JSON.parse(stdout) as Printed, stderr };
};

const programs = readdirSync(folder("openai")).filter((file) => !/^(recording|set-up)\./.test(file));
const spansOf: Readonly<Record<string, number>> = { "both-builds.mjs": 2 };

const expectRecorded = async (program: string, flags: readonly string[] = []): Promise<void> => {
  const { printed, stderr } = await run(folder(`openai/${program}`), flags);
  expect(printed.spans.map(({ name, status }) => ({ name, status }))).toEqual(
    Array.from({ length: spansOf[program] ?? 1 }, () => ({ name: "Completions", status: 1 })),
  );
  for (const { outputs } of printed.spans) expect(JSON.parse(outputs)).toMatchObject({ id: "chatcmpl-1" });
  expect(stderr).toBe("");
};

describe("the openai client is recorded, however it is loaded", () => {
  it.each(programs)("%s, without any flag of Node.js", (program) => expectRecorded(program));

  it.each(["imported-before.mjs", "imported-after.mjs", "required-before.cjs"])("%s, run by tsx", (program) =>
    expectRecorded(program, ["--import", "tsx"]),
  );
});
