import { openSource } from "../data/open-source.ts";
import type { SqlSource } from "../data/sql-source.ts";
import { workspaceDirectory } from "../data/workspace-directory.ts";
import { withProgress } from "../output/progress.ts";
import type { Terminal } from "../terminal.ts";
import type { WorkspaceCommandOptions } from "./shared-options.ts";

/** Opens what answers SQL, does `work` with it, and closes it whatever happens. */
export const withSource = async <T>(
  terminal: Terminal,
  options: WorkspaceCommandOptions,
  work: (source: SqlSource, directory: string) => Promise<T>,
): Promise<T> => {
  const directory = workspaceDirectory(options.directory, terminal.env);
  const source = await withProgress(terminal, "Reading new traces", () => openSource(directory));
  try {
    return await withProgress(terminal, "Querying", () => work(source, directory));
  } finally {
    await source.close();
  }
};
