import { Command } from "commander";
import { getExperiment, linkedLocationOf, unsetExperimentTraceLocation } from "@tracelake/workspace-client";
import { ErrorCode, formatLocation, TracelakeError } from "@tracelake/wire";
import { printable } from "../output/printable-text.ts";
import { renderJson } from "../output/query-output.ts";
import type { Terminal } from "../terminal.ts";
import type { WorkspaceOptions } from "../workspace/open-workspace.ts";
import { withWorkspace } from "../workspace/with-workspace.ts";
import { requiredExperiment } from "../workspace/workspace-location.ts";
import { directoryOption } from "../options/shared-options.ts";
import { experimentOption, jsonOption, profileOption } from "../options/workspace-options.ts";

interface UnlinkOptions extends WorkspaceOptions {
  readonly experiment?: string;
  readonly json?: boolean;
}

/** `tracelake unlink`: undoes `tracelake link` for a location without a prefix. */
export const unlinkCommand = (terminal: Terminal): Command =>
  new Command("unlink")
    .description("Undo a link with a location of the form catalog.schema; tables and traces stay")
    .addOption(experimentOption())
    .addOption(profileOption())
    .addOption(directoryOption())
    .addOption(jsonOption())
    .action(async (options: UnlinkOptions) => {
      const reference = requiredExperiment(options, terminal.env);
      const { experiment, location } = await withWorkspace(terminal, options, async ({ connection }) => {
        const found = await getExperiment(connection, reference);
        const linked = linkedLocationOf(found);
        if (linked === undefined) throw notLinked(found.name);
        const text = formatLocation(linked);
        await unsetExperimentTraceLocation(connection, { location: text, experimentId: found.experiment_id });
        return { experiment: found, location: text };
      });
      const { experiment_id: id, name } = experiment;
      terminal.print(
        options.json === true
          ? renderJson({ experiment_id: id, name, location })
          : `${terminal.style.green("✓")} ${printable(name)} (${printable(id)}) is not linked with ${location} any more`,
      );
    });

const notLinked = (name: string): TracelakeError =>
  new TracelakeError(ErrorCode.CONFIG_DESTINATION_MISSING, {
    failed: "There is nothing to unlink",
    seen: `the experiment ${name} is linked with no location`,
    remedy: "Name another experiment with --experiment; this one has no link to undo.",
  });
