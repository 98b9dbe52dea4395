import { Command } from "commander";
import type { UnityCatalogLocation } from "@tracelake/wire";
import { findTrace } from "../data/find-trace.ts";
import type { SqlSource } from "../data/sql-source.ts";
import { readSpanRows, readSpans } from "../data/spans.ts";
import { renderJson } from "../output/query-output.ts";
import { traceJson } from "../output/trace-json.ts";
import { renderTrace } from "../output/trace-view.ts";
import type { Terminal } from "../terminal.ts";
import { directoryOption, locationOption, type WorkspaceCommandOptions } from "../options/shared-options.ts";
import { withSqlSource } from "../data/with-sql-source.ts";

interface ShowOptions extends WorkspaceCommandOptions {
  readonly io?: boolean;
  readonly json?: boolean;
  readonly location?: UnityCatalogLocation;
}

const examples = `
Examples:
  $ tracelake show latest
  $ tracelake show 4bf92f35 --io
  $ tracelake show trace:/my_catalog.my_schema/4bf92f3577b34da6a3ce929d0e0e4736 --json | jq '.spans[].name'`;

/** `tracelake show`: one trace as the tree of its spans. */
export const showCommand = (terminal: Terminal): Command =>
  new Command("show")
    .description("Show a trace as the tree of its spans")
    .argument("<id>", "latest, an MLflow trace id in any form, or the first characters of one")
    .option("--io", "show inputs and outputs, shortened")
    .option("--json", "print the trace as one JSON object, with every column of its spans")
    .addOption(locationOption())
    .addOption(directoryOption())
    .addHelpText("after", examples)
    .action(async (id: string, options: ShowOptions) => {
      terminal.print(await withSqlSource(terminal, options, (source) => linesOf(source, id, { terminal, options })));
    });

const linesOf = async (
  source: SqlSource,
  id: string,
  { terminal, options }: { readonly terminal: Terminal; readonly options: ShowOptions },
): Promise<string[]> => {
  const { io: showIo = false, json = false, location } = options;
  const { tables, summary } = await findTrace(source, id, location);
  const { traceId } = summary;
  if (json) return [renderJson(traceJson(summary, await readSpanRows(source, tables, traceId)))];
  const { width, style } = terminal;
  return renderTrace(summary, await readSpans(source, tables, { traceId, withIo: showIo }), { width, style, showIo });
};
