import { safely } from "./runtime.ts";

/** A method, of which nothing is known. */
export type Callable = (...args: never[]) => unknown;

/** Called instead of a patched method; makes the call by `Reflect.apply(original, thisArgument, args)`. */
export type MethodCall = (original: Callable, thisArgument: unknown, args: readonly unknown[]) => unknown;

const isCallable = (value: unknown): value is Callable => typeof value === "function";

const replaceMethod = (owner: object, method: string, call: MethodCall): (() => void) | undefined => {
  const own = Object.getOwnPropertyDescriptor(owner, method);
  const original: unknown = own === undefined ? Reflect.get(owner, method) : own.value;
  if (!isCallable(original)) return undefined;
  const value = new Proxy(original, { apply: (target, thisArgument, args) => call(target, thisArgument, args) });
  Object.defineProperty(owner, method, { configurable: true, enumerable: false, writable: true, ...own, value });
  return () => {
    if (Reflect.get(owner, method) !== value) return;
    if (own === undefined) Reflect.deleteProperty(owner, method);
    else Object.defineProperty(owner, method, own);
  };
};

const fewestOwnersLookedThrough = 64;

/** Methods that were replaced, each once, and how they come back. Whoever has them, such as one request, may be dropped. */
export class PatchedMethods {
  // Beside the owners, as what brings a method back reaches its owner.
  readonly #undo = new WeakMap<object, Map<string, () => void>>();
  #owners: WeakRef<object>[] = [];
  #lookThroughAt = fewestOwnersLookedThrough;

  /** @returns whether the method is replaced from now on, and was not before. */
  replace(owner: object, method: string, call: MethodCall): boolean {
    const known = this.#undo.get(owner);
    if (known?.has(method) === true) return false;
    const undo = safely(() => replaceMethod(owner, method, call), undefined);
    if (undo === undefined) return false;
    if (known === undefined) {
      this.#undo.set(owner, new Map([[method, undo]]));
      this.#noteOwner(owner);
    } else known.set(method, undo);
    return true;
  }

  bringBack(): void {
    for (const owner of this.#owners) {
      const held = owner.deref();
      const undo = held === undefined ? undefined : this.#undo.get(held);
      for (const one of undo?.values() ?? []) safely(one, undefined);
    }
  }

  #noteOwner(owner: object): void {
    this.#owners.push(new WeakRef(owner));
    if (this.#owners.length < this.#lookThroughAt) return;
    this.#owners = this.#owners.filter((one) => one.deref() !== undefined);
    this.#lookThroughAt = Math.max(fewestOwnersLookedThrough, this.#owners.length * 2);
  }
}
