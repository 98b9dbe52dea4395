import { readFileSync } from "node:fs";
import { join, relative } from "node:path";

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

// What lies below a folder that `exports` does not name can only be loaded by the package itself, of either build.
const isPublicFile = (filename: string, packageFolder: string, { exports }: Manifest): boolean => {
  const subpaths = isObject(exports) ? Object.keys(exports).filter((key) => key.startsWith("./")) : [];
  const file = `./${relative(packageFolder, filename).replaceAll("\\", "/")}`;
  return subpaths.length === 0 || subpaths.some((subpath) => file.startsWith(subpath.replace(/\*.*$|\.\w+$/, "")));
};

/** The build of a package that one of its files belongs to; `undefined` where the file does not tell. */
export const findEntryOfFile = (packageFolder: string, filename: string): PackageEntry | undefined => {
  const manifest = readManifest(packageFolder);
  const entry = findPackageEntry(packageFolder, isEsmFilename(filename, manifest));
  return entry?.filename === filename || isPublicFile(filename, packageFolder, manifest) ? entry : undefined;
};

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
