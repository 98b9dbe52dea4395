import { openRegistry, type ScorerRegistry } from "@tracelake/monitor";
import { resolveExperimentId, type Connection } from "@tracelake/workspace-client";
import type { Terminal } from "../terminal.ts";
import type { WorkspaceOptions } from "../workspace/open-workspace.ts";
import { withWorkspace } from "../workspace/with-workspace.ts";
import { experimentOf } from "../workspace/workspace-location.ts";

/** Options of every command about scorers. */
export interface ScorersOptions extends WorkspaceOptions {
  readonly experiment?: string;
  readonly json?: boolean;
}

/** Where the scorers of an experiment are kept. */
export interface Scorers {
  readonly connection: Connection;
  readonly registry: ScorerRegistry;
}

/** Opens what keeps the scorers of the experiment that the settings name, and closes it whatever happens. */
export const withScorers = <T>(
  terminal: Terminal,
  options: ScorersOptions,
  work: (scorers: Scorers) => Promise<T>,
): Promise<T> => {
  const { env } = terminal;
  return withWorkspace(
    terminal,
    options,
    async ({ connection }) => {
      const experimentId = await resolveExperimentId(connection, experimentOf(options, env), env);
      return work({ connection, registry: await openRegistry({ connection, experimentId }) });
    },
    { mayBeMlflow: true },
  );
};
