import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { deepAgentsFolder, generations, versionsCache } from "./matrix.ts";

const here = fileURLToPath(new URL(".", import.meta.url));

const installInto = (name: string): void => {
  const lockFile = join(here, name, "package-lock.json");
  const folder = join(versionsCache, name);
  // Written last, so that an interrupted installation is begun anew.
  const stampFile = join(folder, "installed-package-lock.json");
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === readFileSync(lockFile, "utf8")) return;
  console.log(`Installing ${name} into .cache/versions-langchain, once.`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const file of ["package.json", "package-lock.json"]) cpSync(join(here, name, file), join(folder, file));
  cpSync(join(here, ".npmrc"), join(folder, ".npmrc"));
  // Peers that these versions ask for and do not need would bring other generations along.
  execFileSync("npm", ["ci", "--ignore-scripts", "--loglevel=error"], {
    cwd: folder,
    stdio: "inherit",
  });
  writeFileSync(stampFile, readFileSync(lockFile));
};

/**
 * Installs every generation and runtime, or takes what is there, and puts the scenarios beside each.
 *
 * @throws where npm cannot install, with what npm said.
 */
export const setup = (): void => {
  installInto("node");
  installInto("deepagents");
  cpSync(join(here, "programs"), deepAgentsFolder, { recursive: true });
  for (const generation of generations) {
    installInto(generation);
    for (const programs of ["programs", "../scenarios/langchain"]) {
      cpSync(join(here, programs), join(versionsCache, generation), { recursive: true });
    }
  }
};
