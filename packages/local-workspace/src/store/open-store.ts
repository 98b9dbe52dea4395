import { layoutOf } from "./layout.ts";
import { busy } from "./server-file.ts";
import { openStoreThread } from "./store-thread.ts";
import type { Store, StoreOptions } from "./store.ts";

// File locks do not keep a process from itself, and a process can hold the ESM and the CommonJS build at once.
const openRootsKey = Symbol.for("tracelake.local-workspace.open");

const openRoots = (): Set<string> => {
  const holder = globalThis as { [openRootsKey]?: Set<string> };
  holder[openRootsKey] ??= new Set();
  return holder[openRootsKey];
};

// Node.js runs no TypeScript in threads before version 22.18: sources do the work in the thread that asks. Only then is
// DuckDB loaded here.
const open = async (options: StoreOptions): Promise<Store> => {
  const here = import.meta.url;
  if (here.endsWith(".ts")) return (await import("./store.ts")).DuckDbStore.open(options);
  const extension = here.endsWith(".cjs") ? ".cjs" : ".js";
  return openStoreThread(new URL(`./store/worker${extension}`, here), options);
};

/** A store, and how to let go of its files. */
export interface OpenStore {
  readonly store: Store;
  readonly close: () => Promise<void>;
}

/**
 * Opens the store of a directory.
 *
 * @throws {TracelakeError} `LOCAL_WORKSPACE_BUSY` where this or another process has it open already.
 */
export const openStore = async (options: StoreOptions): Promise<OpenStore> => {
  const layout = layoutOf(options.directory);
  const roots = openRoots();
  if (roots.has(layout.root)) throw await busy(layout);
  roots.add(layout.root);
  try {
    const store = await open({ ...options, directory: layout.root });
    let closed: Promise<void> | undefined;
    const close = (): Promise<void> => (closed ??= store.close().finally(() => roots.delete(layout.root)));
    return { store, close };
  } catch (error) {
    roots.delete(layout.root);
    throw error;
  }
};
