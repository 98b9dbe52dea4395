import { Command } from "commander";
import { grantStatements, grantTraceAccess } from "@tracelake/workspace-client";
import { formatLocation, type UnityCatalogLocation } from "@tracelake/wire";
import { countOf } from "../output/messages.ts";
import { printable } from "../output/printable-text.ts";
import { renderJson } from "../output/query-output.ts";
import type { Terminal } from "../terminal.ts";
import type { WorkspaceOptions } from "../workspace/open-workspace.ts";
import { withWorkspace } from "../workspace/with-workspace.ts";
import { workspaceLocation } from "../workspace/workspace-location.ts";
import { directoryOption, locationOption } from "../options/shared-options.ts";
import { experimentOption, jsonOption, profileOption, warehouseOption } from "../options/workspace-options.ts";

interface GrantOptions extends WorkspaceOptions {
  readonly location?: UnityCatalogLocation;
  readonly experiment?: string;
  readonly readOnly?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

const examples = `
Examples:
  $ tracelake grant ana@example.com --location main.agents.shop
  $ tracelake grant 2f6c8a10-… --dry-run          a service principal, by its application id
  $ tracelake grant "data readers" --read-only

MODIFY and SELECT are granted on each table by name: ALL PRIVILEGES is not enough for Databricks' ingestion.`;

/** `tracelake grant`: lets somebody write or read the traces of a location. */
export const grantCommand = (terminal: Terminal): Command =>
  new Command("grant")
    .description("Let a user, group or service principal write the traces of a location, or only read them")
    .argument("<principal>", "e-mail address, group name, or application id of a service principal")
    .option("--read-only", "SELECT alone")
    .option("--dry-run", "print the statements without running them")
    .addOption(locationOption("the location (default: the one that agents here write to)"))
    .addOption(experimentOption("or the experiment that is linked with it"))
    .addOption(warehouseOption())
    .addOption(profileOption())
    .addOption(directoryOption())
    .addOption(jsonOption())
    .addHelpText("after", examples)
    .action(async (principal: string, options: GrantOptions) => {
      const statements = await statementsOf(terminal, principal, options);
      if (options.json === true) terminal.print(renderJson({ statements, is_run: options.dryRun !== true }));
      else terminal.print(statements.map((statement) => `${printable(statement)};`));
      if (options.dryRun === true) terminal.note("Nothing was changed; leave out --dry-run to run them.");
      else terminal.note(`${countOf(statements.length, "statement")} run.`);
    });

const statementsOf = async (terminal: Terminal, principal: string, options: GrantOptions): Promise<string[]> => {
  const { readOnly = false, dryRun = false } = options;
  if (dryRun && options.location !== undefined) {
    return grantStatements({ location: formatLocation(options.location), principal, readOnly });
  }
  return withWorkspace(terminal, options, async ({ connection }) => {
    const location = formatLocation(await workspaceLocation(connection, options, terminal.env));
    return grantTraceAccess(connection, { location, principal, readOnly, dryRun });
  });
};
