import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where the suite keeps what it installs; git knows nothing of it. */
export const versionsCache = fileURLToPath(new URL("../../.cache/versions/", import.meta.url));

/** Whether every version is judged on every Node.js, and by everything there is, as takes 20 minutes on a busy machine. */
export const isNightly = process.env["TRACELAKE_VERSIONS"] === "nightly";

/** The clients that are judged, under the names that `package.json` beside this file gives them, oldest first. */
export const openaiVersions = [
  "openai-4-first",
  "openai-4-last",
  "openai-5-first",
  "openai-5-last",
  "openai-6-first",
  "openai",
  "openai-7-first",
  "openai-7-last",
] as const;

export type OpenAIVersion = (typeof openaiVersions)[number];

/** The newest of them. */
export const newestVersion: OpenAIVersion = "openai-7-last";

const formsWithHelpers = ["chat parse", "chat stream helper", "chat runTools", "assistant run"];
const formsOfResponses = [
  "responses create",
  "responses stream",
  "responses stream, left early",
  "responses that failed",
  "responses that is incomplete",
  "responses parse",
  "responses stream helper",
];

/** The forms of `programs/call-forms.cjs` that a version of the client does not have yet. */
export const missingForms = (version: OpenAIVersion): readonly string[] => {
  if (version === "openai-4-first") return [...formsWithHelpers, ...formsOfResponses, "a client with other options"];
  return version === "openai-4-last" ? ["a client with other options"] : [];
};

/** An application of its own with this version of the client in its `node_modules`. */
export const projectOf = (version: OpenAIVersion): string => join(versionsCache, "projects", version);

export interface NodeBinary {
  readonly major: number;
  readonly path: string;
}

const majorOf = (path: string): number =>
  Number(execFileSync(path, ["-p", "process.versions.node.split('.')[0]"], { encoding: "utf8" }));

/** The running Node.js, and those of the other lines that are installed: there are none where the platform has no package. */
export const nodeBinaries = (): readonly NodeBinary[] => {
  const installed = ["node-22", "node-24"]
    .map((name) => join(versionsCache, "node_modules", name, "bin/node"))
    .filter((path) => existsSync(path))
    .map((path) => ({ major: majorOf(path), path }));
  const running = { major: majorOf(process.execPath), path: process.execPath };
  return [running, ...installed.filter(({ major }) => major !== running.major)];
};

export const newestNode = (): NodeBinary =>
  nodeBinaries().reduce((left, right) => (right.major > left.major ? right : left));

/** `openai` 7 says that it needs Node.js 22. */
const canRun = (version: OpenAIVersion, { major }: NodeBinary): boolean =>
  !version.startsWith("openai-7") || major >= 22;

/** One version of the client on one Node.js. */
export interface Cell {
  readonly version: OpenAIVersion;
  readonly node: NodeBinary;
}

/** By night all that can be run; else each version on the first Node.js that can run it, and the newest on all of them. */
export const cells = (): readonly Cell[] => {
  const nodes = nodeBinaries();
  return openaiVersions.flatMap((version) => {
    const possible = nodes.filter((node) => canRun(version, node));
    return (isNightly || version === newestVersion ? possible : possible.slice(0, 1)).map((node) => ({
      version,
      node,
    }));
  });
};
