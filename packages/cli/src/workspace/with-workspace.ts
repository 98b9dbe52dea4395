import { withProgress } from "../output/progress.ts";
import type { Terminal } from "../terminal.ts";
import { openWorkspace, type OpeningOptions, type Workspace, type WorkspaceOptions } from "./open-workspace.ts";

/** Opens the workspace that the settings name, asks it, and closes it whatever happens. `work` only asks. */
export const withWorkspace = async <T>(
  terminal: Terminal,
  options: WorkspaceOptions,
  work: (workspace: Workspace) => Promise<T>,
  opening: OpeningOptions = {},
): Promise<T> => {
  const workspace = await withProgress(terminal, "Opening the workspace", () =>
    openWorkspace(terminal, options, opening),
  );
  try {
    return await withProgress(terminal, "Asking the workspace", () => work(workspace));
  } finally {
    await workspace.close();
  }
};
