import { readdirSync } from "node:fs";
import { join } from "node:path";
import { makePrivateDirectory } from "./private-directory.ts";

const layoutVersion = "v1";

/** Names a destination: what is spooled for one is never sent to another. */
export interface SpoolDestination {
  readonly destinationHash: string;
}

/** Where everything is that waits for one destination: a directory for each process, and one of what was set aside. */
export class SpoolHome {
  /** The directory of all spools of this user. */
  readonly root: string;
  readonly #destination: SpoolDestination;

  constructor(root: string, destination: SpoolDestination) {
    this.root = root;
    this.#destination = destination;
  }

  get destinationHash(): string {
    return this.#destination.destinationHash;
  }

  pathOf(...below: readonly string[]): string {
    return join(this.root, layoutVersion, this.destinationHash, ...below);
  }

  /** The names in it; none where it cannot be read. */
  names(): string[] {
    try {
      return readdirSync(this.pathOf());
    } catch {
      return [];
    }
  }

  /** @throws as {@link makePrivateDirectory} does. */
  make(...below: readonly string[]): string {
    return makePrivateDirectory(this.root, [layoutVersion, this.destinationHash, ...below]);
  }
}
