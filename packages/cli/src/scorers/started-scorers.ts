import { listScorers, type RegisteredScorer } from "@tracelake/monitor";
import { resolveExperimentId, type Connection, type ExperimentReference } from "@tracelake/workspace-client";
import { ErrorCode, TracelakeError } from "@tracelake/wire";
import { countOf, noteAll } from "../output/messages.ts";
import type { Terminal } from "../terminal.ts";

/**
 * What asks for the scorers of an experiment that are started, which are noted as they are now.
 *
 * @throws {TracelakeError} `COMMAND_USAGE` where the workspace runs them itself and nobody has asked for them; `WORKSPACE_*`
 */
export const startedScorers = async (
  terminal: Terminal,
  connection: Connection,
  { experiment, started }: { readonly experiment: ExperimentReference | undefined; readonly started: boolean },
): Promise<() => Promise<RegisteredScorer[]>> => {
  // Databricks and MLflow servers score by themselves.
  if (connection.service !== "local" && !started) {
    throw new TracelakeError(ErrorCode.COMMAND_USAGE, {
      failed: "There is nothing to score with",
      seen: `${connection.baseUrl} runs the scorers itself that are started there, and each trace would be judged twice`,
      remedy: "Give --scorers <file>, or --started to have those run here as well.",
    });
  }
  const experimentId = await resolveExperimentId(connection, experiment, terminal.env);
  const list = async (): Promise<RegisteredScorer[]> => listScorers({ connection, experimentId });
  const running = (await list()).filter(({ sampleRate }) => sampleRate > 0);
  noteAll(terminal, [
    running.length === 0
      ? `no scorer of the experiment ${experimentId} is started: tracelake scorers start <name>`
      : `${countOf(running.length, "scorer")} of the experiment ${experimentId}`,
  ]);
  return list;
};
