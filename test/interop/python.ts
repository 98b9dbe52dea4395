import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const interopFolder = fileURLToPath(new URL("./", import.meta.url));

/** Where `prepare.ts` puts MLflow. */
export const environmentFolder = fileURLToPath(new URL("../../.cache/interop-venv/", import.meta.url));

export const python = `${environmentFolder}bin/python`;

/** MLflow reports its use to its makers unless it is told not to, and asks git for the state of the working directory. */
export const quietMlflow: Readonly<Record<string, string>> = {
  MLFLOW_DISABLE_TELEMETRY: "true",
  DO_NOT_TRACK: "1",
  GIT_PYTHON_REFRESH: "quiet",
  PYTHONUNBUFFERED: "1",
};

export interface RunOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Default: far more than most of them take, so that what ends has hung. */
  readonly timeoutMillis?: number;
}

const usualTimeoutMillis = 270_000;

/**
 * Runs a program of this folder in an environment of its own, without the settings of whoever runs the tests.
 *
 * @returns what it printed as JSON on the last line of stdout. @throws with its stderr, where it fails.
 */
const run = async (
  command: string,
  args: readonly string[],
  { cwd, env = {}, timeoutMillis = usualTimeoutMillis }: RunOptions,
): Promise<unknown> => {
  const [script = "", ...rest] = args;
  const { stdout } = await promisify(execFile)(command, [`${interopFolder}${script}`, ...rest], {
    cwd,
    env: { PATH: process.env["PATH"] ?? "", HOME: cwd, ...quietMlflow, ...env },
    timeout: timeoutMillis,
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as unknown;
};

export const runPython = async (args: readonly string[], options: RunOptions): Promise<unknown> =>
  run(python, args, options);

/** Runs an ES module, which sees the built packages. */
export const runNode = async (args: readonly string[], options: RunOptions): Promise<unknown> =>
  run(process.execPath, args, options);
