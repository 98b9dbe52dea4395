import { existsSync, readFileSync, realpathSync } from "node:fs";
import * as nodeModule from "node:module";
import { extname, join, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { findEntryOfFile, findPackageEntry, type PackageEntry } from "./package-entry.ts";
import { safely } from "./runtime.ts";

/** One build of a package, as it is loaded in this process: an application may hold several, of several versions. */
export interface ModuleCopy {
  /** What `import` or `require` of the package gives. */
  readonly exports: object;
  /** In words: `openai@6.49.0 (/app/node_modules/openai/index.mjs)`. */
  readonly description: string;
}

const isModule = (exports: unknown): exports is object =>
  (typeof exports === "object" && exports !== null) || typeof exports === "function";

const requireFrom = ({ filename, packageFolder }: PackageEntry): unknown =>
  nodeModule.createRequire(join(packageFolder, "package.json"))(filename);

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

class ModuleWatch {
  readonly #packageName: string;
  readonly #onCopy: (copy: ModuleCopy) => void;
  readonly #inFolder: string;
  readonly #visited = new Set<string>();
  #isOver = false;

  constructor(packageName: string, onCopy: (copy: ModuleCopy) => void) {
    this.#packageName = packageName;
    this.#onCopy = onCopy;
    this.#inFolder = join(sep, "node_modules", packageName, sep);
  }

  /** Called with every file that is resolved in the process; does next to nothing where the file is not the package's. */
  visitFile(filename: string): void {
    const at = filename.lastIndexOf(this.#inFolder);
    if (at < 0 || this.#isOver) return;
    const folder = filename.slice(0, at + this.#inFolder.length - sep.length);
    const build = folder + extname(filename);
    const entry = this.#visited.has(build) ? undefined : findEntryOfFile(folder, filename);
    if (entry === undefined) return;
    this.#visited.add(build);
    this.#visitEntry(entry);
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

  #visitEntry(entry: PackageEntry): void {
    if (this.#visited.has(entry.filename)) return;
    this.#visited.add(entry.filename);
    const exports = entry.isEsm ? safely(() => requireEsm(entry.filename), undefined) : requireFrom(entry);
    if (exports !== undefined) return this.#hand(exports, entry);
    // It awaits at its top level, or an import of it is under way: it is there a little later.
    import(pathToFileURL(entry.filename).href).then(
      (imported: unknown) => this.#hand(imported, entry),
      () => undefined,
    );
  }

  #hand(exports: unknown, { description }: PackageEntry): void {
    if (isModule(exports) && !this.#isOver) safely(() => this.#onCopy({ exports, description }), undefined);
  }
}

/** The part of `module.registerHooks` (Node.js ≥ 22.15) that is used here. https://nodejs.org/api/module.html#moduleregisterhooksoptions */
type RegisterHooks = (hooks: {
  resolve: (specifier: string, context: unknown, nextResolve: NextResolve) => { url: string };
}) => { deregister(): void };
type NextResolve = (specifier: string, context: unknown) => { url: string };

const registerHooks = Reflect.get(nodeModule, "registerHooks") as RegisterHooks | undefined;

/** Calls `onFile` with every file that `import` or `require` resolves from now on, and returns how to stop that. */
const hookResolution = (onFile: (filename: string) => void): (() => void) => {
  if (registerHooks === undefined) return hookRequire(onFile);
  const hooks = registerHooks({
    resolve(specifier, context, nextResolve) {
      const resolved = nextResolve(specifier, context);
      if (resolved.url.startsWith("file:")) safely(() => onFile(fileURLToPath(resolved.url)), undefined);
      return resolved;
    },
  });
  return () => hooks.deregister();
};

const hookRequire = (onFile: (filename: string) => void): (() => void) => {
  const { Module } = nodeModule;
  const original: unknown = Reflect.get(Module, "_resolveFilename");
  if (typeof original !== "function") return () => undefined;
  const observed = function (this: unknown, ...args: unknown[]): unknown {
    const filename: unknown = Reflect.apply(original, this, args);
    if (typeof filename === "string") safely(() => onFile(filename), undefined);
    return filename;
  };
  Reflect.set(Module, "_resolveFilename", observed);
  return () => {
    if (Reflect.get(Module, "_resolveFilename") === observed) Reflect.set(Module, "_resolveFilename", original);
  };
};

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
  const ownRequire = nodeModule.createRequire(import.meta.url);
  for (const filename of Object.keys(ownRequire.cache)) safely(() => watch.visitFile(filename), undefined);
  if (ownRequire.main === undefined || typeof module === "undefined" || registerHooks === undefined) {
    const bases = [process.argv[1], join(process.cwd(), "index.js"), fileURLToPath(import.meta.url)];
    for (const base of bases) if (base !== undefined) safely(() => watch.visitEsmBuildFor(realBase(base)), undefined);
  }
  const unhook = safely(
    () => hookResolution((filename) => watch.visitFile(filename)),
    () => undefined,
  );
  return () => {
    watch.stop();
    unhook();
  };
};

// A command in node_modules/.bin is a link to the file whose neighbours count.
const realBase = (base: string): string => (existsSync(base) ? realpathSync(base) : base);
