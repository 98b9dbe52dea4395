import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { python, quietMlflow } from "./python.ts";

const startupMillis = 90_000;

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
};

const isHealthy = async (url: string): Promise<boolean> =>
  fetch(`${url}/health`).then(
    (answer) => answer.ok,
    () => false,
  );

const post = async (url: string, body: unknown): Promise<unknown> => {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
};

/** A real `mlflow server` on loopback that keeps everything in `directory`. */
export const startMlflowServer = async (directory: string) => {
  const url = `http://127.0.0.1:${await freePort()}`;
  const store = ["--backend-store-uri", `sqlite:///${join(directory, "mlflow.db")}`];
  const artifacts = ["--artifacts-destination", join(directory, "artifacts")];
  const address = ["--host", "127.0.0.1", "--port", new URL(url).port, "--workers", "1"];
  const child = spawn(python, ["-m", "mlflow", "server", ...store, ...artifacts, ...address], {
    cwd: directory,
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: directory,
      ...quietMlflow,
      MLFLOW_SERVER_ENABLE_JOB_EXECUTION: "false",
    },
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own: the server's workers are its children, and have to end with it.
    detached: true,
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (log += String(chunk)));
  const close = async (): Promise<void> => {
    if (child.exitCode !== null || child.pid === undefined) return;
    const exit = once(child, "exit");
    process.kill(-child.pid, "SIGTERM");
    await exit;
  };
  const deadline = Date.now() + startupMillis;
  while (!(await isHealthy(url))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await close();
      throw new Error(`mlflow server did not start:\n${log}`);
    }
    await delay(200);
  }
  return {
    url,
    close,
    /** @returns its id. */
    createExperiment: async (name: string): Promise<string> => {
      const created = await post(`${url}/api/2.0/mlflow/experiments/create`, { name });
      return (created as { experiment_id: string }).experiment_id;
    },
    log: () => log,
  };
};
