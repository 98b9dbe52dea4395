import { openSqlSource } from "./open-sql-source.ts";
import type { SqlSource } from "./sql-source.ts";
import { workspaceDirectory } from "./workspace-directory.ts";
import { noteAll } from "../output/messages.ts";
import { withProgress } from "../output/progress.ts";
import type { Terminal } from "../terminal.ts";
import type { WorkspaceCommandOptions } from "../options/shared-options.ts";

/**
 * Opens what answers SQL, asks it, and closes it whatever happens. `work` only asks: printing comes after, when no
 * progress is on the screen any more.
 */
export const withSqlSource = async <T>(
  terminal: Terminal,
  options: WorkspaceCommandOptions,
  work: (source: SqlSource) => Promise<T>,
): Promise<T> => {
  const directory = workspaceDirectory(options.directory, terminal.env);
  const source = await withProgress(terminal, "Reading new traces", () => openSqlSource(directory));
  noteAll(terminal, source.notes);
  try {
    return await withProgress(terminal, "Querying", () => work(source));
  } finally {
    await source.close();
  }
};
