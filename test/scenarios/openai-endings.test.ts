import { SpanStatusCode } from "@opentelemetry/api";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startReplayServer, type ReplayServer } from "../support/replay-server.ts";

const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url));

let server: ReplayServer;
beforeAll(async () => {
  server = await startReplayServer(folder("../fixtures/openai"));
});
afterAll(() => server.close());

interface Ended {
  readonly name: string;
  readonly status: number;
  readonly message?: string;
  readonly outputs?: string;
  readonly isLeft?: boolean;
}

/** Runs a program on the built packages in a process of its own, however that ends. */
const run = (program: string, ending: string): Promise<Ended[]> =>
  new Promise((resolve, reject) => {
    const env = { ...process.env, NODE_OPTIONS: "", MODEL_URL: `${server.url}/v1` };
    const file = folder(`openai-endings/${program}`);
    execFile(process.execPath, [file, ending], { env, timeout: 60_000 }, (error, stdout) => {
      if (stdout === "") reject(error ?? new Error("Nothing was printed"));
      else resolve((JSON.parse(stdout) as { spans: Ended[] }).spans);
    });
  });

const { OK, ERROR } = SpanStatusCode;
const half: object = { status: OK, isLeft: true, outputs: expect.stringContaining("first ") };
const interrupted = { status: ERROR, message: "Interrupted: The process ended before the answer came" };

const endings: readonly (readonly [string, object])[] = [
  ["exits in the middle of a stream", half],
  ["exits before the answer", interrupted],
  ["throws in the middle of a stream", half],
  ["never awaits", { status: OK }],
  ["never reads", { status: OK, isLeft: true }],
  ["never reads, and holds on", { status: OK, isLeft: true }],
  ["does not handle an error", { status: ERROR, message: expect.stringContaining("InternalServerError") }],
  ["ends as usual", { status: OK, outputs: expect.stringContaining("chatcmpl-1") }],
];

describe.each(["as-esm.mjs", "as-commonjs.cjs"])(
  "the span of a call ends once when the process, run %s,",
  (program) => {
    it.each(endings)("%s", async (ending, expected) => {
      expect(await run(program, ending)).toEqual([expect.objectContaining({ name: "Completions", ...expected })]);
    });
  },
);
