import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the repository. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

/** What the repository's own tests read of a `package.json`. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly description?: string;
  readonly license?: string;
  readonly type?: string;
  readonly engines?: Readonly<Record<string, string>>;
  readonly files?: readonly string[];
  readonly bin?: Readonly<Record<string, string>>;
  readonly sideEffects?: boolean | readonly string[];
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly publishConfig?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

export interface Package {
  /** The name of its folder under `packages/`. */
  readonly folder: string;
  readonly path: string;
  readonly manifest: Manifest;
}

export const readManifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;

/** The folders of `packages/` or `examples/` that are npm workspaces. */
const workspacesIn = (group: string): Package[] =>
  readdirSync(join(root, group))
    .map((folder) => ({ folder, path: join(root, group, folder) }))
    .filter(({ path }) => existsSync(join(path, "package.json")))
    .map((workspace) => ({ ...workspace, manifest: readManifest(workspace.path) }));

export const packages: readonly Package[] = workspacesIn("packages");
export const examples: readonly Package[] = workspacesIn("examples");

/** The packages that go to the registry. */
export const publishedPackages: readonly Package[] = packages.filter(({ manifest }) => manifest.private !== true);

/** The files that git keeps, or would keep after the next `git add`, relative to {@link root}. */
export const keptFiles = (): string[] =>
  execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: root, encoding: "utf8" })
    .split("\0")
    .filter((path) => path !== "" && existsSync(join(root, path)));
