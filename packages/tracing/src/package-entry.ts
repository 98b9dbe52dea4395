import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The file that `import` or `require` of an installed package runs. */
export interface PackageEntry {
  readonly filename: string;
  readonly packageFolder: string;
  readonly isEsm: boolean;
  /** In words: `openai@6.49.0 (/app/node_modules/openai/index.mjs)`. */
  readonly description: string;
}

interface Manifest {
  readonly name?: unknown;
  readonly version?: unknown;
  readonly type?: unknown;
  readonly main?: unknown;
  readonly exports?: unknown;
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

const readManifest = (packageFolder: string): Manifest => {
  const manifest: unknown = JSON.parse(readFileSync(join(packageFolder, "package.json"), "utf8"));
  return isObject(manifest) ? manifest : {};
};

// The first condition that holds wins: https://nodejs.org/api/packages.html#conditional-exports
const followConditions = (target: unknown, conditions: readonly string[]): string | undefined => {
  if (typeof target === "string") return target;
  if (!isObject(target)) return undefined;
  for (const [condition, value] of Object.entries(target)) {
    const found = conditions.includes(condition) ? followConditions(value, conditions) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
};

const isEsmFilename = (filename: string, manifest: Manifest): boolean =>
  filename.endsWith(".mjs") || (!filename.endsWith(".cjs") && manifest.type === "module");

/** Whether a file of the package in `packageFolder` is an ES module. */
export const isEsmFile = (filename: string, packageFolder: string): boolean =>
  isEsmFilename(filename, readManifest(packageFolder));

/** The package's ES module or CommonJS build; `undefined` where it has none. */
export const findPackageEntry = (packageFolder: string, isEsm: boolean): PackageEntry | undefined => {
  const manifest = readManifest(packageFolder);
  const exported = isObject(manifest.exports) && "." in manifest.exports ? manifest.exports["."] : manifest.exports;
  const conditions = ["node", isEsm ? "import" : "require", "default"];
  const main = typeof manifest.main === "string" ? manifest.main : "index.js";
  const filename = join(packageFolder, followConditions(exported, conditions) ?? main);
  if (isEsmFilename(filename, manifest) !== isEsm) return undefined;
  const description = `${String(manifest.name)}@${String(manifest.version)} (${filename})`;
  return { filename, packageFolder, isEsm, description };
};
