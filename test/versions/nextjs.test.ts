import { execFile, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startReplayServer, type ReplayServer } from "../support/replay-server.ts";
import { isNightly, newestNode, versionsCache } from "./matrix.ts";

const folder = join(versionsCache, "projects/nextjs");
const next = join(folder, "node_modules/next/dist/bin/next");

let server: ReplayServer;
beforeAll(async () => {
  server = await startReplayServer(fileURLToPath(new URL("../fixtures/openai", import.meta.url)));
});
afterAll(() => server.close());

/** Starts the built application, and returns its address once it listens. */
const start = async (env: NodeJS.ProcessEnv): Promise<{ url: string; stop: () => void }> => {
  const application = spawn(newestNode().path, [next, "start", "--port", "0", "--hostname", "127.0.0.1"], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface({ input: application.stdout })) {
    const url = /http:\/\/[^:]+:(\d+)/.exec(line)?.[1];
    if (url !== undefined) return { url: `http://127.0.0.1:${url}`, stop: () => void application.kill() };
  }
  throw new Error("The application ended without listening");
};

// It takes as long to build as all that is judged by day.
it.runIf(isNightly)("a server that Next.js has built is recorded", { timeout: 300_000 }, async () => {
  const env = { ...process.env, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1", MODEL_URL: `${server.url}/v1` };
  await promisify(execFile)(newestNode().path, [next, "build"], { cwd: folder, env });
  const { url, stop } = await start(env);
  const answer = await fetch(`${url}/api/ask`).finally(stop);
  expect(await answer.json()).toEqual({ id: "chatcmpl-1", spans: ["Completions 1"] });
});
