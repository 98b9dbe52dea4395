import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { environmentFolder, interopFolder, python } from "./python.ts";

const requirementsFile = join(interopFolder, "requirements.txt");
// Written last, so that an interrupted installation is begun anew.
const stampFile = join(environmentFolder, "requirements.txt");

const run = (command: string, args: readonly string[], remedy: string): string => {
  const { status, error, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", timeout: 10 * 60_000 });
  if (status === 0) return stdout;
  const said = error?.message ?? `${stdout}${stderr}`.trimEnd().split("\n").slice(-8).join("\n");
  throw new Error(`The interop suites cannot run here. ${remedy}\n${said}`);
};

const isReady = (): boolean =>
  existsSync(python) &&
  existsSync(stampFile) &&
  readFileSync(stampFile, "utf8") === readFileSync(requirementsFile, "utf8");

const install = (): void => {
  const checkVersion = "import sys; assert sys.version_info >= (3, 10), sys.version";
  run("python3", ["-c", checkVersion], "Install python3, 3.10 or newer.");
  console.log("Installing MLflow into .cache/interop-venv; this takes a minute or two, once.");
  rmSync(environmentFolder, { recursive: true, force: true });
  run(
    "python3",
    ["-m", "venv", environmentFolder],
    "Install Python's venv module; on Debian: apt-get install python3-venv.",
  );
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"];
  run(
    python,
    [...pip, "--requirement", requirementsFile],
    "MLflow could not be installed; check that pip reaches PyPI. It said:",
  );
  writeFileSync(stampFile, readFileSync(requirementsFile));
};

const versions = `
from importlib.metadata import version
print("MLflow", version("mlflow"), "with opentelemetry-sdk", version("opentelemetry-sdk"))`;

/**
 * Makes the Python environment that the suites use, or takes the one that is there.
 *
 * @throws where this machine has no Python or cannot reach PyPI, with what to do.
 */
export const setup = (): void => {
  if (!isReady()) install();
  console.log(run(python, ["-c", versions], "The installed MLflow cannot be found.").trimEnd());
};
