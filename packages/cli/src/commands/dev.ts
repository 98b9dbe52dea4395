import { Command } from "commander";
import { startLocalWorkspaceServer } from "@tracelake/local-workspace";
import { workspaceDirectory } from "../data/workspace-directory.ts";
import { renderDevBanner } from "../output/dev-banner.ts";
import { noteAll } from "../output/messages.ts";
import { withProgress } from "../output/progress.ts";
import type { Terminal } from "../terminal.ts";
import { directoryOption, wholeNumber, type WorkspaceCommandOptions } from "../options/shared-options.ts";
import { whenStopped } from "../when-stopped.ts";

interface DevOptions extends WorkspaceCommandOptions {
  readonly port: number;
}

const usualPort = 3010;
const largestPort = 65_535;

const examples = `
Examples:
  $ tracelake dev
  $ tracelake dev --port 8080 --directory ~/traces`;

/** `tracelake dev`: serves the local workspace until it is interrupted. */
export const devCommand = (terminal: Terminal): Command =>
  new Command("dev")
    .description("Serve the local workspace on this machine: OTLP, MLflow's REST interface and SQL")
    .option("-p, --port <number>", "port to listen on; 0 for any free one", wholeNumber(0, largestPort), usualPort)
    .addOption(directoryOption())
    .addHelpText("after", examples)
    .action(async ({ port, ...options }: DevOptions) => {
      const directory = workspaceDirectory(options.directory, terminal.env);
      const server = await withProgress(terminal, "Starting", () =>
        startLocalWorkspaceServer({ directory, port, onProblem: noteOnce(terminal) }),
      );
      try {
        terminal.print(renderDevBanner({ ...server, directory }, terminal.style));
        await whenStopped();
        terminal.note(["", "Stopping: what has arrived is being stored."]);
      } finally {
        await server.close();
      }
    });

// The server meets the same problem at every look at the journals.
const noteOnce = (terminal: Terminal): ((problem: string) => void) => {
  const noted = new Set<string>();
  return (problem) => {
    if (!noted.has(problem)) noteAll(terminal, [problem]);
    noted.add(problem);
  };
};
