import { defaultWorkspaceDirectory, serverFileName } from "@tracelake/wire";
import { chmod, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";

/**
 * Where a local workspace keeps what, below its root directory.
 *
 * ```text
 * .gitignore                                     `*`, written where the directory is made
 * journal/<location>/<writer>/NNNNNN.open|.seg   written by agents, read and removed here
 * catalogs/<catalog>.duckdb                      one DuckDB file for each catalog
 * workspace.duckdb                               experiments, runs, scorers and grants
 * server.json                                    the address and token of a running server
 * certificate.pem                                what clients of that server trust when they speak TLS
 * spill/                                         what a query could not keep in memory
 * ```
 */
export interface WorkspaceLayout {
  readonly root: string;
  readonly journal: string;
  readonly catalogs: string;
  readonly stateFile: string;
  readonly serverFile: string;
  readonly certificateFile: string;
  readonly spill: string;
}

export const layoutOf = (directory: string = defaultWorkspaceDirectory): WorkspaceLayout => {
  const root = resolve(directory);
  return {
    root,
    journal: join(root, "journal"),
    catalogs: join(root, "catalogs"),
    stateFile: join(root, "workspace.duckdb"),
    serverFile: join(root, serverFileName),
    certificateFile: join(root, "certificate.pem"),
    spill: join(root, "spill"),
  };
};

const directoryMode = 0o700;
const fileMode = 0o600;

/**
 * Makes the directories of a workspace, readable by their owner alone and kept out of git: prompts and answers are in
 * there.
 */
export const makeDirectories = async (layout: WorkspaceLayout): Promise<void> => {
  const made = await mkdir(layout.root, { recursive: true, mode: directoryMode });
  // A directory that was there may hold more than a workspace. One that git sees is no reason to fail.
  if (made !== undefined)
    await writeFile(join(layout.root, ".gitignore"), "*\n", { flag: "wx", mode: fileMode }).catch(() => {});
  for (const directory of [layout.root, layout.journal, layout.catalogs, layout.spill]) {
    await mkdir(directory, { recursive: true, mode: directoryMode });
    await chmod(directory, directoryMode);
  }
};

export const restrictToOwner = (file: string): Promise<void> => chmod(file, fileMode);

/** Leaves the certificate where clients of the same user find it. */
export const writeCertificate = async (layout: WorkspaceLayout, certificate: string): Promise<void> => {
  await rm(layout.certificateFile, { force: true });
  await writeFile(layout.certificateFile, certificate, { mode: fileMode });
};

const catalogFileEnd = ".duckdb";

export const catalogFile = (layout: WorkspaceLayout, catalog: string): string =>
  join(layout.catalogs, `${encodeURIComponent(catalog.toLowerCase())}${catalogFileEnd}`);

/** The catalogs that have a file. */
export const listCatalogs = async (layout: WorkspaceLayout): Promise<string[]> => {
  const names = await readdir(layout.catalogs).catch(() => []);
  return names
    .filter((name) => name.endsWith(catalogFileEnd))
    .map((name) => decodeURIComponent(name.slice(0, -catalogFileEnd.length)))
    .sort();
};

/** Whether `error` says that a file or directory is not there. */
export const isMissing = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ENOENT";
