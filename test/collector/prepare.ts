import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { collectorBinary, collectorFolder } from "./collector.ts";

// Written last, so that an interrupted build is begun anew.
const stampFile = `${collectorBinary}.sources`;

const sources = (): string => {
  const hash = createHash("sha256");
  for (const name of ["main.go", "go.mod", "go.sum"]) hash.update(readFileSync(join(collectorFolder, name)));
  return hash.digest("hex");
};

/**
 * Builds the collector that the suite uses, or takes the one that is there.
 *
 * @throws where this machine has no Go or cannot reach its module proxy, with what to do.
 */
export const setup = (): void => {
  const wanted = sources();
  if (existsSync(collectorBinary) && existsSync(stampFile) && readFileSync(stampFile, "utf8") === wanted) return;
  console.log("Building an OpenTelemetry Collector into .cache/collector; this takes some minutes, once.");
  mkdirSync(dirname(collectorBinary), { recursive: true });
  const { status, error, stderr } = spawnSync("go", ["build", "-trimpath", "-o", collectorBinary, "."], {
    cwd: collectorFolder,
    encoding: "utf8",
    timeout: 20 * 60_000,
  });
  if (status !== 0)
    throw new Error(
      `The collector could not be built. Install Go 1.25 or newer, and check that it reaches its module proxy.\n${error?.message ?? stderr}`,
    );
  writeFileSync(stampFile, wanted);
};
