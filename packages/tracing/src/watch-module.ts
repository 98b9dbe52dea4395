import { existsSync, readFileSync, realpathSync } from "node:fs";
import * as nodeModule from "node:module";
import { extname, join, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { filesOfEntry, findEntryOfFile, findPackageEntry, type PackageEntry } from "./package-entry.ts";
import { safely } from "./runtime.ts";
import { requireWatched, seesImports, watchResolution } from "./watch-resolution.ts";

/** One build of a package, as it is loaded in this process: an application may hold several, of several versions. */
export interface ModuleCopy {
  /** What `import` or `require` of the package gives; nothing where it has no main entry. */
  readonly exports: object;
  /** In words: `openai@6.49.0 (/app/node_modules/openai/index.mjs)`. */
  readonly description: string;
  /**
   * Calls `onExports` with what the same build gives under another of the package's entries, such as
   * `./callbacks/manager`: of an ES module build at once where it can be loaded at once, of a CommonJS build when somebody
   * loads it or has. Never, where the package has no such entry.
   */
  withEntry(subpath: string, onExports: (exports: object) => void, options?: EntryOptions): void;
}

/** When an entry of a package is loaded. */
export interface EntryOptions {
  /**
   * Another package that the entry itself loads and that costs something to load, such as `ws`. The entry is then left
   * alone until it or that package is loaded by somebody else.
   */
  readonly onceLoaded?: string;
}

/** An entry that nobody has loaded yet, as far as one can tell. */
interface AwaitedEntry {
  /** Parts of file names that tell that it is loaded now. */
  readonly signs: readonly string[];
  load(): void;
}

const isModule = (exports: unknown): exports is object =>
  (typeof exports === "object" && exports !== null) || typeof exports === "function";

const requireFrom = ({ filename, packageFolder }: PackageEntry): unknown =>
  requireWatched(() => nodeModule.createRequire(join(packageFolder, "package.json"))(filename) as unknown);

/**
 * The very instance of an ES module that `import` gives, synchronously: Node.js ≥ 20.19 does this for `require`. A plain
 * `require` would be compiled by tsx and its like into an instance of its own, so their hooks are gone round.
 */
const requireEsm = (filename: string): unknown => {
  const loaded = new nodeModule.Module(filename);
  loaded.filename = filename;
  const compile: unknown = Reflect.get(loaded, "_compile");
  if (typeof compile !== "function") return undefined;
  Reflect.apply(compile, loaded, [readFileSync(filename, "utf8"), filename, "module"]);
  return loaded.exports;
};

const loadedFiles = (): string[] => Object.keys(nodeModule.createRequire(import.meta.url).cache);

class ModuleWatch {
  readonly #packageName: string;
  readonly #onCopy: (copy: ModuleCopy) => void;
  readonly #inFolder: string;
  readonly #visited = new Set<string>();
  #awaited: readonly AwaitedEntry[] = [];
  #isOver = false;

  constructor(packageName: string, onCopy: (copy: ModuleCopy) => void) {
    this.#packageName = packageName;
    this.#onCopy = onCopy;
    this.#inFolder = join(sep, "node_modules", packageName, sep);
  }

  /** Called with every file that is resolved in the process; does next to nothing where the file is not the package's. */
  visitFile(filename: string): void {
    this.#visitBuildOf(filename);
    // Afterwards, as an entry may be the first of its package that is loaded.
    for (const awaited of this.#awaited)
      if (awaited.signs.some((sign) => filename.includes(sign))) this.#loadNow(awaited);
  }

  /** The ES module build that a file at `base` would import. */
  visitEsmBuildFor(base: string): void {
    for (const folder of nodeModule.createRequire(base).resolve.paths(this.#packageName) ?? []) {
      const packageFolder = join(folder, this.#packageName);
      if (existsSync(join(packageFolder, "package.json"))) {
        const entry = findPackageEntry(realpathSync(packageFolder), true);
        if (entry !== undefined) this.#visitEntry(entry);
        return;
      }
    }
  }

  stop(): void {
    this.#isOver = true;
  }

  #visitBuildOf(filename: string): void {
    const at = filename.lastIndexOf(this.#inFolder);
    if (at < 0 || this.#isOver) return;
    const folder = filename.slice(0, at + this.#inFolder.length - sep.length);
    const build = folder + extname(filename);
    const entry = this.#visited.has(build) ? undefined : findEntryOfFile(folder, filename);
    if (entry === undefined) return;
    this.#visited.add(build);
    this.#visitEntry(entry);
  }

  #visitEntry(entry: PackageEntry): void {
    if (this.#visited.has(entry.filename)) return;
    this.#visited.add(entry.filename);
    this.#load(entry, (exports) => {
      const { description, packageFolder, isEsm } = entry;
      const withEntry: ModuleCopy["withEntry"] = (subpath, onExports, { onceLoaded } = {}) => {
        const named = safely(() => findPackageEntry(packageFolder, isEsm, subpath), undefined);
        if (named === undefined || !existsSync(named.filename)) return;
        const load = (): void => safely(() => this.#load(named, onExports), undefined);
        const otherSigns = onceLoaded === undefined ? [] : [join(sep, "node_modules", onceLoaded, sep)];
        // Whether an ES module is loaded already cannot be asked.
        if (isEsm && onceLoaded === undefined) load();
        else this.#await({ signs: [...filesOfEntry(named), ...otherSigns], load });
      };
      this.#onCopy({ exports, description, withEntry });
    });
  }

  #await(entry: AwaitedEntry): void {
    const isLoaded = loadedFiles().some((file) => entry.signs.some((sign) => file.includes(sign)));
    if (isLoaded) entry.load();
    else this.#awaited = [...this.#awaited, entry];
  }

  #loadNow(entry: AwaitedEntry): void {
    this.#awaited = this.#awaited.filter((other) => other !== entry);
    if (!this.#isOver) entry.load();
  }

  #load(entry: PackageEntry, onExports: (exports: object) => void): void {
    const hand = (exports: unknown): void => {
      if (isModule(exports) && !this.#isOver) safely(() => onExports(exports), undefined);
    };
    if (!entry.isFile) return hand({});
    const exports = entry.isEsm ? safely(() => requireEsm(entry.filename), undefined) : requireFrom(entry);
    if (exports !== undefined) return hand(exports);
    // It awaits at its top level, or an import of it is under way: it is there a little later.
    import(pathToFileURL(entry.filename).href).then(hand, () => undefined);
  }
}

/**
 * Calls `onCopy` with every build of a package, once each: those loaded already, at once and synchronously, and those
 * loaded later, before the code that asked for them goes on. No flag of Node.js is needed.
 *
 * Whether an ES module is loaded cannot be asked. So the build that the application would import is loaded here, unless
 * the application is CommonJS and imports can be watched. What remains unseen: a second copy of the package, loaded as an
 * ES module by something other than the application, on Node.js < 22.15 or before this call; and bundled copies.
 *
 * @returns how to stop; nothing it does ever throws.
 */
export const watchModule = (packageName: string, onCopy: (copy: ModuleCopy) => void): (() => void) => {
  const watch = new ModuleWatch(packageName, onCopy);
  for (const filename of loadedFiles()) safely(() => watch.visitFile(filename), undefined);
  if (nodeModule.createRequire(import.meta.url).main === undefined || typeof module === "undefined" || !seesImports) {
    for (const base of lookingPlaces()) safely(() => watch.visitEsmBuildFor(base), undefined);
  }
  const unhook = safely(
    () => watchResolution((filename) => watch.visitFile(filename)),
    () => undefined,
  );
  return () => {
    watch.stop();
    unhook();
  };
};

/** Whether a package is installed where the application, its working directory or this package would find it. */
export const isInstalled = (packageName: string): boolean =>
  lookingPlaces().some((base) =>
    (nodeModule.createRequire(base).resolve.paths(packageName) ?? []).some((folder) =>
      existsSync(join(folder, packageName, "package.json")),
    ),
  );

const lookingPlaces = (): string[] =>
  [process.argv[1], join(process.cwd(), "index.js"), fileURLToPath(import.meta.url)]
    .filter((base) => base !== undefined)
    .map(realBase);

// A command in node_modules/.bin is a link to the file whose neighbours count.
const realBase = (base: string): string => (existsSync(base) ? realpathSync(base) : base);
