import { openSource } from "../data/open-source.ts";
import type { SqlSource } from "../data/sql-source.ts";
import { workspaceDirectory } from "../data/workspace-directory.ts";
import { noteAll } from "../output/messages.ts";
import { withProgress } from "../output/progress.ts";
import type { Terminal } from "../terminal.ts";
import type { WorkspaceCommandOptions } from "./shared-options.ts";

/**
 * Opens what answers SQL, asks it, and closes it whatever happens. `work` only asks: printing comes after, when no
 * progress is on the screen any more.
 */
export const withSource = async <T>(
  terminal: Terminal,
  options: WorkspaceCommandOptions,
  work: (source: SqlSource) => Promise<T>,
): Promise<T> => {
  const directory = workspaceDirectory(options.directory, terminal.env);
  const source = await withProgress(terminal, "Reading new traces", () => openSource(directory));
  noteAll(terminal, source.notes);
  try {
    return await withProgress(terminal, "Querying", () => work(source));
  } finally {
    await source.close();
  }
};
