import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { isNightly, nodeBinaries, openaiVersions, projectOf, versionsCache } from "./matrix.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
/** Installs what a lock file names and arranges it, unless that was done before. */
const installOnce = (source: string, folder: string, arrange: () => void): void => {
  const lockFile = join(source, "package-lock.json");
  // Written last, so that an interrupted installation is begun anew.
  const stampFile = join(folder, "installed-package-lock.json");
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === readFileSync(lockFile, "utf8")) return;
  console.log(`Installing into ${relative(process.cwd(), folder)}; this takes a minute, once.`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const file of ["package.json", "package-lock.json"]) cpSync(join(source, file), join(folder, file));
  cpSync(join(here, ".npmrc"), join(folder, ".npmrc"));
  execFileSync("npm", ["ci", "--ignore-scripts", "--loglevel=error"], { cwd: folder, stdio: "inherit" });
  arrange();
  writeFileSync(stampFile, readFileSync(lockFile));
};

const arrangeVersions = (): void => {
  for (const version of openaiVersions) {
    const modules = join(projectOf(version), "node_modules");
    mkdirSync(modules, { recursive: true });
    // Everyone asks for the client by its own name, and so do we.
    if (version !== "openai") renameSync(join(versionsCache, "node_modules", version), join(modules, "openai"));
  }
};

const copyPrograms = (): void => {
  for (const version of openaiVersions) {
    cpSync(join(here, "programs"), projectOf(version), { recursive: true });
    cpSync(join(here, "../scenarios/openai"), join(projectOf(version), "loading"), { recursive: true });
  }
};

const installNextjs = (): void => {
  const folder = join(versionsCache, "projects/nextjs");
  installOnce(join(here, "nextjs"), folder, () => undefined);
  cpSync(join(here, "nextjs"), folder, { recursive: true });
};

/**
 * Installs what the suite compares, or takes what is there, and puts the programs beside each version of the client.
 *
 * @throws where npm cannot install, with what npm said.
 */
export const setup = (): void => {
  installOnce(here, versionsCache, arrangeVersions);
  copyPrograms();
  if (isNightly) installNextjs();
  const majors = nodeBinaries().map(({ major }) => major);
  console.log(`Running on Node.js ${majors.join(", ")}.`);
  if (!majors.some((major) => major >= 22)) {
    throw new Error("openai 7 needs Node.js 22 or newer, and there is none. Run this suite on Node.js 22 or newer.");
  }
};
