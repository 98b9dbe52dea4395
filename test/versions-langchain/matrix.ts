import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));

/** Where every generation of LangChain is installed, each by itself. */
export const versionsCache = join(here, "../../.cache/versions-langchain");

/** The generations before the current one, by the version of `@langchain/core`; each has a folder here. */
export const generations = ["0.2", "0.3"] as const;

/** Where `deepagents` is, with the LangChain that it asks for. */
export const deepAgentsFolder = join(versionsCache, "deepagents");

/** The runtimes that the suite's own installation brings, beside the one that runs it. */
export const nodeBinaries = (): readonly { readonly name: string; readonly path: string }[] => {
  const installed = ["node-22", "node-24"].map((name) => ({
    name,
    path: join(versionsCache, "node/node_modules", name, "bin/node"),
  }));
  return [{ name: "this Node.js", path: process.execPath }, ...installed.filter(({ path }) => existsSync(path))];
};
