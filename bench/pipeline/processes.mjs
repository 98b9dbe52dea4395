import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const file = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Forks a server of this folder; `ask` calls it and resolves with what it answers. */
export const forkServer = async (name) => {
  const child = fork(file(name), { serialization: "advanced" });
  const [{ port }] = await once(child, "message");
  const waiting = new Map();
  let next = 0;
  child.on("message", ({ number, result }) => {
    waiting.get(number)?.(result);
    waiting.delete(number);
  });
  return {
    endpoint: `http://127.0.0.1:${port}`,
    ask: (call, argument) =>
      new Promise((resolve) => {
        waiting.set(++next, resolve);
        child.send({ call, number: next, argument });
      }),
    close: async () => {
      const exited = once(child, "exit");
      child.disconnect();
      await exited;
    },
  };
};

/** A directory of its own for what one run leaves on disk. */
export const temporaryDirectory = () => {
  const path = mkdtempSync(join(tmpdir(), "tracelake-bench-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
};

const inherited = () =>
  Object.fromEntries(["PATH", "NODE_EXTRA_CA_CERTS"].map((name) => [name, process.env[name] ?? ""]));

/**
 * Starts the application. `onLine` is called with each line it says.
 *
 * @returns `{ kill, finished }`, where `finished` resolves with its figures, or with its last words where it died.
 */
export const startApp = (task, { directory, durability, onLine = () => {}, nodeArguments = [], environment = {} }) => {
  const child = spawn(process.execPath, [...nodeArguments, file("app.mjs"), JSON.stringify(task)], {
    cwd: directory,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...inherited(),
      TRACELAKE_SPOOL_DIRECTORY: join(directory, "spool"),
      ...(durability === undefined ? {} : { TRACELAKE_DURABILITY: durability }),
      ...environment,
    },
  });
  let figures;
  let lastWords = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (lastWords = `${lastWords}${text}`.slice(-2_000)));
  createInterface({ input: child.stdout }).on("line", (text) => {
    const line = JSON.parse(text);
    if (line.event === "done") figures = line;
    onLine(line);
  });
  const finished = once(child, "close").then(([code, signal]) => ({ figures, code, signal, lastWords }));
  return { kill: (signal) => child.kill(signal), finished };
};
