import { Command } from "commander";
import {
  getExperiment,
  grantedTables,
  setExperiment,
  setExperimentTraceLocation,
  type Connection,
} from "@tracelake/workspace-client";
import { formatLocation, parseLocation } from "@tracelake/wire";
import { renderJson } from "../output/query-output.ts";
import { printable } from "../output/printable-text.ts";
import type { Terminal } from "../terminal.ts";
import { requiredExperiment } from "../workspace/workspace-location.ts";
import type { WorkspaceOptions } from "../workspace/open-workspace.ts";
import { withWorkspace } from "../workspace/with-workspace.ts";
import { directoryOption } from "../options/shared-options.ts";
import { experimentOption, jsonOption, profileOption, warehouseOption } from "../options/workspace-options.ts";

interface LinkOptions extends WorkspaceOptions {
  readonly experiment?: string;
  readonly json?: boolean;
}

interface Linked {
  readonly experimentId: string;
  readonly name: string;
  readonly location: string;
  readonly tables: readonly string[];
}

const examples = `
Examples:
  $ tracelake link main.agents.shop --experiment /Shared/support-agent
  $ tracelake link main.agents.shop --experiment 123456 --warehouse 1a2b3c

Link before the first trace: an experiment that holds traces cannot be linked any more. The experiment is made if it is
named by a path and not there yet. A location with a prefix (catalog.schema.prefix) is linked for good.`;

/** `tracelake link`: makes the tables of a trace location and keeps an experiment's traces in them. */
export const linkCommand = (terminal: Terminal): Command =>
  new Command("link")
    .description("Make the tables of a trace location, and keep an experiment's traces in them")
    .argument("<location>", "catalog.schema.prefix, or catalog.schema")
    .addOption(experimentOption())
    .addOption(warehouseOption())
    .addOption(profileOption())
    .addOption(directoryOption())
    .addOption(jsonOption())
    .addHelpText("after", examples)
    .action(async (location: string, options: LinkOptions) => {
      parseLocation(location);
      const linked = await withWorkspace(terminal, options, ({ connection }) =>
        linkIn(terminal, connection, { location, options }),
      );
      terminal.print(options.json === true ? jsonOf(linked) : linesOf(terminal, linked));
    });

const linkIn = async (
  terminal: Terminal,
  connection: Connection,
  { location, options }: { readonly location: string; readonly options: LinkOptions },
): Promise<Linked> => {
  const reference = requiredExperiment(options, terminal.env);
  const { sqlWarehouseId } = connection;
  const experiment =
    "experimentName" in reference
      ? await setExperiment(connection, { name: reference.experimentName, traceLocation: location, sqlWarehouseId })
      : await setExperimentTraceLocation(connection, { ...reference, location, sqlWarehouseId }).then(() =>
          getExperiment(connection, reference),
        );
  const place = parseLocation(location);
  return {
    experimentId: experiment.experiment_id,
    name: experiment.name,
    location: formatLocation(place),
    tables: grantedTables(place),
  };
};

const jsonOf = ({ experimentId, ...linked }: Linked): string => renderJson({ experiment_id: experimentId, ...linked });

const linesOf = ({ style }: Terminal, { experimentId, name, location, tables }: Linked): string[] => [
  `${style.green("✓")} ${printable(name)} (${printable(experimentId)}) keeps its traces in ${style.bold(location)}`,
  ...tables.map((table) => style.dim(`  ${table}`)),
  "",
  "Next, let your agent write there, and tell it where:",
  "",
  `  tracelake grant <user, group or application id> --location ${location}`,
  `  export MLFLOW_TRACING_DESTINATION=${location}`,
  `  tracelake doctor`,
];
