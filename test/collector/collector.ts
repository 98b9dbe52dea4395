import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export const collectorFolder = fileURLToPath(new URL(".", import.meta.url));
export const collectorBinary = fileURLToPath(new URL("../../.cache/collector/collector", import.meta.url));

const startupMillis = 30_000;

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
};

const configuration = (port: number, file: string): string => `
receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:${port}" } } } }
exporters: { file: { path: ${JSON.stringify(file)}, flush_interval: 50ms } }
service:
  telemetry: { metrics: { level: none }, logs: { level: warn } }
  pipelines:
    traces: { receivers: [otlp], exporters: [file] }
    logs: { receivers: [otlp], exporters: [file] }
    metrics: { receivers: [otlp], exporters: [file] }
`;

const answers = (endpoint: string): Promise<boolean> =>
  fetch(endpoint).then(
    () => true,
    () => false,
  );

/** A real OpenTelemetry Collector on loopback. What it has understood it writes down as OTLP's JSON. */
export const startCollector = async () => {
  const folder = mkdtempSync(join(tmpdir(), "tracelake-collector-"));
  const [file, config] = [join(folder, "received.jsonl"), join(folder, "config.yaml")];
  const endpoint = `http://127.0.0.1:${await freePort()}`;
  writeFileSync(config, configuration(Number(new URL(endpoint).port), file));
  const child = spawn(collectorBinary, [config], { stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (log += String(chunk)));
  const exited = once(child, "exit");
  for (const end = performance.now() + startupMillis; !(await answers(endpoint)); await pause(50)) {
    if (child.exitCode !== null || performance.now() > end) throw new Error(`The collector did not start:\n${log}`);
  }
  return {
    endpoint,
    /** Ends the collector, which writes down what it still has. @returns every request that it received. */
    stop: async (): Promise<unknown[]> => {
      child.kill("SIGTERM");
      await exited;
      const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
      rmSync(folder, { recursive: true, force: true });
      return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as unknown);
    },
  };
};
