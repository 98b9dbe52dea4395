import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { isRecord } from "@tracelake/wire";

/** The file that `import` or `require` of an installed package runs. */
export interface PackageEntry {
  readonly filename: string;
  readonly packageFolder: string;
  readonly isEsm: boolean;
  /** `false` where the package has no main entry, but only others: the filename then stands for the build. */
  readonly isFile: boolean;
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

const manifests = new Map<string, Manifest>();

const readManifest = (packageFolder: string): Manifest => {
  const known = manifests.get(packageFolder);
  if (known !== undefined) return known;
  const content: unknown = JSON.parse(readFileSync(join(packageFolder, "package.json"), "utf8"));
  const manifest = isRecord(content) ? content : {};
  manifests.set(packageFolder, manifest);
  return manifest;
};

// The first condition that holds wins: https://nodejs.org/api/packages.html#conditional-exports
const followConditions = (target: unknown, conditions: readonly string[]): string | undefined => {
  if (typeof target === "string") return target;
  if (!isRecord(target)) return undefined;
  for (const [condition, value] of Object.entries(target)) {
    const found = conditions.includes(condition) ? followConditions(value, conditions) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
};

const isEsmFilename = (filename: string, manifest: Manifest): boolean =>
  filename.endsWith(".mjs") || (!filename.endsWith(".cjs") && manifest.type === "module");

const conditionsOf = (isEsm: boolean): readonly string[] => ["node", isEsm ? "import" : "require", "default"];

// What lies below a folder that `exports` does not name can only be loaded by the package itself, of either build.
const isPublicFile = (filename: string, packageFolder: string, manifest: Manifest): boolean => {
  const { exports } = manifest;
  const subpaths = isRecord(exports) ? Object.entries(exports).filter(([key]) => key.startsWith("./")) : [];
  const file = `./${relative(packageFolder, filename).replaceAll("\\", "/")}`;
  const conditions = conditionsOf(isEsmFilename(filename, manifest));
  const isNamed = ([subpath, target]: [string, unknown]) =>
    file.startsWith(subpath.replace(/\*.*$|\.\w+$/, "")) || followConditions(target, conditions) === file;
  return subpaths.length === 0 || subpaths.some(isNamed);
};

/** The build of a package that one of its files belongs to; `undefined` where the file does not tell. */
export const findEntryOfFile = (packageFolder: string, filename: string): PackageEntry | undefined => {
  const manifest = readManifest(packageFolder);
  const entry = findPackageEntry(packageFolder, isEsmFilename(filename, manifest));
  return entry?.filename === filename || isPublicFile(filename, packageFolder, manifest) ? entry : undefined;
};

const mapPath = (target: unknown, toPath: (path: string) => string): unknown => {
  if (typeof target === "string") return toPath(target);
  if (!isRecord(target)) return target;
  return Object.fromEntries(Object.entries(target).map(([condition, value]) => [condition, mapPath(value, toPath)]));
};

/** What `exports` has for a subpath: under its own name, or by the longest pattern, whose `*` stands for the rest. */
const namedTarget = (exports: object, subpath: string): unknown => {
  const own: unknown = Reflect.get(exports, subpath);
  if (own !== undefined) return own;
  const matches = Object.entries(exports).flatMap(([pattern, target]) => {
    const [start, end, ...rest] = pattern.split("*");
    const isMatch = start !== undefined && end !== undefined && rest.length === 0 && subpath.startsWith(start);
    if (!isMatch || !subpath.endsWith(end) || subpath.length <= start.length + end.length) return [];
    const matched = subpath.slice(start.length, subpath.length - end.length);
    return [{ length: pattern.length, target: mapPath(target, (path) => path.replaceAll("*", () => matched)) }];
  });
  return matches.sort((left, right) => right.length - left.length)[0]?.target;
};

const targetOf = ({ exports, main }: Manifest, subpath: string, isEsm: boolean): string | undefined => {
  const isMain = subpath === ".";
  const named = isRecord(exports) ? namedTarget(exports, subpath) : undefined;
  const target = followConditions(named ?? (isMain ? exports : undefined), conditionsOf(isEsm));
  return target ?? (isMain ? (typeof main === "string" ? main : "index.js") : undefined);
};

// A package whose `exports` name other entries and no `.` has none, whatever `main` says.
const hasMainEntry = ({ exports }: Manifest): boolean =>
  !isRecord(exports) || "." in exports || !Object.keys(exports).some((key) => key.startsWith("./"));

/**
 * The package's ES module or CommonJS build, or the file of that build that `subpath` (`./callbacks/manager`) names;
 * `undefined` where it has none.
 */
export const findPackageEntry = (packageFolder: string, isEsm: boolean, subpath = "."): PackageEntry | undefined => {
  const manifest = readManifest(packageFolder);
  const isFile = subpath !== "." || hasMainEntry(manifest);
  const target = isFile ? targetOf(manifest, subpath, isEsm) : isEsm ? "*.mjs" : "*.cjs";
  if (target === undefined) return undefined;
  const filename = join(packageFolder, target);
  if (isEsmFilename(filename, manifest) !== isEsm) return undefined;
  const description = `${String(manifest.name)}@${String(manifest.version)} (${filename})`;
  return { filename, packageFolder, isEsm, isFile, description };
};

const wholeReexport = /^\s*module\.exports\s*=\s*require\((["'])(\.[^"']+)\1\);?\s*$/;

/**
 * The files that tell, once resolved, that a CommonJS entry is loaded: its own, and the one that it does nothing but hand
 * on. A package's own files load the latter and never the former, as in LangChain's core up to 0.3.
 */
export const filesOfEntry = ({ filename, isEsm }: PackageEntry): readonly string[] => {
  const [, , target] = (isEsm ? undefined : wholeReexport.exec(readFileSync(filename, "utf8"))) ?? [];
  return target === undefined ? [filename] : [filename, join(dirname(filename), target)];
};
