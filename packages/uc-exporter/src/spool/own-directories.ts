import { renameSync, utimesSync } from "node:fs";
import { removeIfEmpty } from "./directory-content.ts";
import { isOrphaned, newOwnedName } from "./owner.ts";
import type { SpoolHome } from "./spool-home.ts";

/** A directory that another process left. */
interface TakenOver {
  readonly path: string;
  /** Leaves it to others, for a while. */
  giveBack(): void;
}

const lookAgainMillis = 60 * 60_000;

/** The directories that nobody but this process touches: its own, and those that it took over. */
export class OwnDirectories {
  readonly #home: SpoolHome;
  readonly #paths = new Set<string>();
  readonly #givenBackAtMillis = new Map<string, number>();

  constructor(home: SpoolHome) {
    this.#home = home;
  }

  /** @returns a new one. @throws as `makePrivateDirectory` does. */
  make(): string {
    const path = this.#home.make(newOwnedName());
    this.#paths.add(path);
    return path;
  }

  /** Takes over, one by one, what processes left that are gone. Never throws. */
  *takeOver(): Generator<TakenOver> {
    const names = this.#home.names();
    if (names.length === 0 || !this.#isPrivate()) return;
    for (const name of names) {
      const path = this.#home.pathOf(name);
      if (this.#paths.has(path) || this.#wasGivenBack(path) || !isOrphaned(path, name)) continue;
      const taken = this.#rename(path);
      if (taken !== undefined) yield { path: taken, giveBack: () => this.#giveBack(taken, path) };
    }
  }

  /** Says that this process is alive, to hosts that share the directory and cannot see it. Never throws. */
  beat(): void {
    const now = new Date();
    for (const path of this.#paths) {
      try {
        utimesSync(path, now, now);
      } catch {
        // Without it others may take the directory over: what is in it is then delivered by them.
      }
    }
  }

  /** Removes one that nothing is left in. */
  removeIfEmpty(path: string): void {
    if (removeIfEmpty(path)) this.#paths.delete(path);
  }

  #isPrivate(): boolean {
    try {
      this.#home.make();
      return true;
    } catch {
      return false;
    }
  }

  // Renaming is what takes a directory over: of several that try, one succeeds.
  #rename(from: string): string | undefined {
    const to = this.#home.pathOf(newOwnedName());
    try {
      renameSync(from, to);
    } catch {
      return undefined;
    }
    this.#paths.add(to);
    return to;
  }

  #giveBack(taken: string, path: string): void {
    this.#givenBackAtMillis.set(path, performance.now());
    try {
      renameSync(taken, path);
      this.#paths.delete(taken);
    } catch {
      // Then it is left to others when this process is gone.
    }
  }

  #wasGivenBack(path: string): boolean {
    const givenBackAt = this.#givenBackAtMillis.get(path) ?? Number.NEGATIVE_INFINITY;
    return performance.now() - givenBackAt < lookAgainMillis;
  }
}
