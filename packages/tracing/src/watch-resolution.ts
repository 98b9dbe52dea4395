import * as nodeModule from "node:module";
import { fileURLToPath } from "node:url";
import { safely } from "./runtime.ts";

type FileListener = (filename: string) => void;

/** The part of `module.registerHooks` (Node.js ≥ 22.15) that is used here. https://nodejs.org/api/module.html#moduleregisterhooksoptions */
type RegisterHooks = (hooks: {
  resolve: (specifier: string, context: unknown, nextResolve: NextResolve) => { url: string };
}) => { deregister(): void };
type NextResolve = (specifier: string, context: unknown) => { url: string };

const registerHooks = Reflect.get(nodeModule, "registerHooks") as RegisterHooks | undefined;

/** Whether `import` can be watched as well as `require`. */
export const seesImports = registerHooks !== undefined;

const listeners = new Set<FileListener>();

const tell: FileListener = (filename) => {
  for (const listener of listeners) safely(() => listener(filename), undefined);
};

const watchAll = (register: RegisterHooks): (() => void) => {
  const hooks = register({
    resolve(specifier, context, nextResolve) {
      const resolved = nextResolve(specifier, context);
      if (resolved.url.startsWith("file:")) tell(fileURLToPath(resolved.url));
      return resolved;
    },
  });
  return () => hooks.deregister();
};

const watchRequire = (): (() => void) => {
  const { Module } = nodeModule;
  const original: unknown = Reflect.get(Module, "_resolveFilename");
  if (typeof original !== "function") return () => undefined;
  const observed = function (this: unknown, ...args: unknown[]): unknown {
    const filename: unknown = Reflect.apply(original, this, args);
    if (typeof filename === "string") tell(filename);
    return filename;
  };
  Reflect.set(Module, "_resolveFilename", observed);
  return () => {
    if (Reflect.get(Module, "_resolveFilename") === observed) Reflect.set(Module, "_resolveFilename", original);
  };
};

let stop: (() => void) | undefined;

const watch = (): void => {
  stop ??= registerHooks === undefined ? watchRequire() : watchAll(registerHooks);
};

/** Calls `onFile` with every file that `import` or `require` resolves from now on, and returns how to stop that. */
export const watchResolution = (onFile: FileListener): (() => void) => {
  listeners.add(onFile);
  watch();
  return () => {
    listeners.delete(onFile);
    if (listeners.size > 0) return;
    stop?.();
    stop = undefined;
  };
};

/**
 * Does what requires a package, and sees all that is required meanwhile. Node.js' own hooks make every single `require`
 * slower by what one of a small file takes, and a package may consist of hundreds.
 */
export const requireWatched = <T>(load: () => T): T => {
  if (registerHooks === undefined || stop === undefined) return load();
  stop();
  stop = watchRequire();
  try {
    return load();
  } finally {
    stop();
    stop = listeners.size > 0 ? watchAll(registerHooks) : undefined;
  }
};
