import { Command } from "commander";
import { getExperiment, linkedLocationOf, unsetExperimentTraceLocation } from "@tracelake/workspace-client";
import { ErrorCode, formatLocation, TracelakeError } from "@tracelake/wire";
import { printable } from "../output/printable-text.ts";
import { renderJson } from "../output/query-output.ts";
import type { Terminal } from "../terminal.ts";
import type { WorkspaceOptions } from "../workspace/open-workspace.ts";
import { withWorkspace } from "../workspace/with-workspace.ts";
import { experimentOf } from "../workspace/workspace-location.ts";
import { directoryOption } from "./shared-options.ts";
import { experimentOption, jsonOption, profileOption } from "./workspace-options.ts";

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
      const reference = experimentOf(options, terminal.env);
      if (reference === undefined) throw usage("no --experiment");
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

const usage = (seen: string): TracelakeError =>
  new TracelakeError(ErrorCode.COMMAND_USAGE, {
    failed: "It is not known which experiment is meant",
    seen,
    remedy: "Give --experiment <id or path>.",
  });

const notLinked = (name: string): TracelakeError =>
  new TracelakeError(ErrorCode.CONFIG_DESTINATION_MISSING, {
    failed: "There is nothing to unlink",
    seen: `the experiment ${name} is linked with no location`,
    remedy: "Check the experiment.",
  });
