import { Command } from "commander";
import {
  resolveExperimentId,
  searchTraceSummaries,
  type Connection,
  type SearchTracesOptions,
  type TraceSummary,
} from "@tracelake/workspace-client";
import { formatLocation, stringifyJson, type JsonValue, type UnityCatalogLocation } from "@tracelake/wire";
import { formatDuration, formatTime } from "../output/duration.ts";
import { countOf, noteCount } from "../output/messages.ts";
import { printable } from "../output/printable-text.ts";
import { renderJsonArray } from "../output/query-output.ts";
import { renderTable } from "../output/table.ts";
import { paintState } from "../output/trace-view.ts";
import type { Terminal } from "../terminal.ts";
import type { WorkspaceOptions } from "../workspace/open-workspace.ts";
import { withWorkspace } from "../workspace/with-workspace.ts";
import { experimentOf, workspaceLocation } from "../workspace/workspace-location.ts";
import { directoryOption, locationOption, wholeNumber } from "../options/shared-options.ts";
import { experimentOption, jsonOption, profileOption, warehouseOption } from "../options/workspace-options.ts";

interface SearchOptions extends WorkspaceOptions {
  readonly filter?: string;
  readonly orderBy?: string;
  readonly limit: number;
  readonly location?: UnityCatalogLocation;
  readonly experiment?: string;
  readonly json?: boolean;
}

const examples = `
Examples:
  $ tracelake traces search --filter "trace.status = 'ERROR'"
  $ tracelake traces search --filter "tag.channel = 'mail' AND metadata.\`mlflow.trace.session\` = 's-1'"
  $ tracelake traces search --filter "span.type = 'TOOL'" --order-by "execution_time_ms DESC" --json

Conditions are joined with AND; texts stand in single quotes, names with dots in backticks.`;

/** `tracelake traces search`: traces by MLflow's own filters, through the trace API. */
export const searchCommand = (terminal: Terminal): Command =>
  new Command("search")
    .description("Search traces with MLflow's filters")
    .option("-f, --filter <conditions>", "which traces (default: all)")
    .option("--order-by <column>", 'such as "timestamp_ms DESC", which is the default')
    .option("-n, --limit <number>", "how many", wholeNumber(1, 10_000), 20)
    .addOption(locationOption("the location (default: the one that agents here write to)"))
    .addOption(experimentOption("or the experiment that is linked with it"))
    .addOption(warehouseOption())
    .addOption(profileOption())
    .addOption(directoryOption())
    .addOption(jsonOption())
    .addHelpText("after", examples)
    .action(async (options: SearchOptions) => {
      const startMillis = performance.now();
      const traces = await withWorkspace(terminal, options, ({ connection }) => search(terminal, connection, options), {
        mayBeMlflow: true,
      });
      if (options.json === true) terminal.print(renderJsonArray(traces.map(jsonOf)));
      else if (traces.length > 0) terminal.print(linesOf(terminal, traces));
      noteCount(terminal, countOf(traces.length, "trace"), startMillis);
    });

type Place = Pick<SearchTracesOptions, "locations" | "experimentIds">;

const placeOf = async ({ env }: Terminal, connection: Connection, options: SearchOptions): Promise<Place> =>
  connection.service === "mlflow"
    ? { experimentIds: [await resolveExperimentId(connection, experimentOf(options, env), env)] }
    : { locations: [formatLocation(await workspaceLocation(connection, options, env))] };

const search = async (terminal: Terminal, connection: Connection, options: SearchOptions): Promise<TraceSummary[]> => {
  const { filter, orderBy, limit } = options;
  const found: TraceSummary[] = [];
  for await (const trace of searchTraceSummaries(connection, {
    ...(await placeOf(terminal, connection, options)),
    limit,
    ...(filter === undefined ? {} : { filter }),
    ...(orderBy === undefined ? {} : { orderBy: [orderBy] }),
  })) {
    found.push(trace);
  }
  return found;
};

const shownOfPreview = 500;

const timeOf = ({ requestTime }: TraceSummary): string =>
  requestTime === undefined ? "" : formatTime(BigInt(requestTime.getTime()) * 1_000_000n);

const linesOf = (terminal: Terminal, traces: readonly TraceSummary[]): string[] =>
  renderTable(
    [
      { header: "TRACE", isWhole: true },
      { header: "TIME", isWhole: true },
      { header: "STATUS", isWhole: true },
      { header: "DURATION", align: "right", isWhole: true },
      { header: "ASSESSMENTS" },
      { header: "REQUEST" },
    ],
    traces.map((trace) => [
      { text: printable(trace.traceId.split("/").at(-1) ?? trace.traceId) },
      { text: timeOf(trace) },
      {
        text: printable(trace.state),
        paint: trace.state === "OK" || trace.state === "ERROR" ? paintState(trace.state, terminal.style) : undefined,
      },
      {
        text: trace.durationMillis === undefined ? "" : formatDuration(BigInt(Math.round(trace.durationMillis * 1e6))),
      },
      { text: printable(trace.assessments.map(({ name, value }) => `${name}=${stringifyJson(value)}`).join(" ")) },
      { text: printable((trace.requestPreview ?? "").slice(0, shownOfPreview)) },
    ]),
    terminal,
  );

const jsonOf = (trace: TraceSummary): JsonValue => ({
  trace_id: trace.traceId,
  location: trace.location ?? null,
  state: trace.state,
  request_time: trace.requestTime?.toISOString() ?? null,
  duration_ms: trace.durationMillis ?? null,
  request_preview: trace.requestPreview ?? null,
  response_preview: trace.responsePreview ?? null,
  session: trace.session ?? null,
  user: trace.user ?? null,
  token_usage: trace.tokenUsage === undefined ? null : { ...trace.tokenUsage },
  tags: trace.tags,
  trace_metadata: trace.metadata,
  assessments: trace.assessments.map(({ assessmentId, kind, name, value, rationale, source, spanId }) => ({
    assessment_id: assessmentId,
    kind,
    name,
    value,
    rationale: rationale ?? null,
    source_type: source.type,
    source_id: source.id,
    span_id: spanId ?? null,
  })),
});
