import { openRegistry, type ScorerRegistry } from "@tracelake/monitor";
import { connectMlflowServer, resolveExperimentId, type Connection } from "@tracelake/workspace-client";
import { withProgress } from "../output/progress.ts";
import type { Terminal } from "../terminal.ts";
import { destinationOf, type WorkspaceOptions } from "../workspace/open-workspace.ts";
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

const mlflowServerOf = (options: ScorersOptions, environment: NodeJS.ProcessEnv): Connection | undefined => {
  if (options.profile !== undefined) return undefined;
  const destination = destinationOf(options, environment);
  return destination?.type === "mlflow" ? connectMlflowServer(destination.trackingUri, environment) : undefined;
};

/** Opens what keeps the scorers of the experiment that the settings name, and closes it whatever happens. */
export const withScorers = async <T>(
  terminal: Terminal,
  options: ScorersOptions,
  work: (scorers: Scorers) => Promise<T>,
): Promise<T> => {
  const { env } = terminal;
  const use = async (connection: Connection): Promise<T> => {
    const experimentId = await resolveExperimentId(connection, experimentOf(options, env), env);
    return work({ connection, registry: await openRegistry({ connection, experimentId }) });
  };
  const server = mlflowServerOf(options, env);
  return server === undefined
    ? withWorkspace(terminal, options, ({ connection }) => use(connection))
    : withProgress(terminal, "Asking the MLflow server", () => use(server));
};
