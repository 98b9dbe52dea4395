import { Command, InvalidArgumentError, Option } from "commander";
import { logExpectation, logFeedback, type Connection, type TraceAssessment } from "@tracelake/workspace-client";
import {
  formatLocation,
  parseJson,
  stringifyJson,
  type AssessmentSourceType,
  type JsonValue,
  type UnityCatalogLocation,
} from "@tracelake/wire";
import { printable } from "../output/printable-text.ts";
import { renderJson } from "../output/query-output.ts";
import type { Terminal } from "../terminal.ts";
import type { WorkspaceOptions } from "../workspace/open-workspace.ts";
import { withWorkspace } from "../workspace/with-workspace.ts";
import { workspaceLocation } from "../workspace/workspace-location.ts";
import { directoryOption, locationOption } from "../options/shared-options.ts";
import { userName } from "../options/user-name.ts";
import { jsonOption, profileOption, warehouseOption } from "../options/workspace-options.ts";

interface FeedbackOptions extends WorkspaceOptions {
  readonly name: string;
  readonly value: JsonValue;
  readonly rationale?: string;
  readonly expectation?: boolean;
  readonly source: AssessmentSourceType;
  readonly by?: string;
  readonly span?: string;
  readonly location?: UnityCatalogLocation;
  readonly json?: boolean;
}

const examples = `
Examples:
  $ tracelake feedback add trace:/main.agents.shop/4bf92f… --name helpful --value true --rationale "It answers."
  $ tracelake feedback add 4bf92f3577b34da6a3ce929d0e0e4736 --name expected_response --value "In May." --expectation`;

const valueOf = (text: string): JsonValue => {
  try {
    return parseJson(text);
  } catch {
    return text;
  }
};

const spanId = (text: string): string => {
  if (/^[0-9a-f]{16}$/.test(text)) return text;
  throw new InvalidArgumentError("Write the 16 hexadecimal characters of a span's id.");
};

const judge = async (
  terminal: Terminal,
  connection: Connection,
  { traceId, options }: { readonly traceId: string; readonly options: FeedbackOptions },
): Promise<TraceAssessment> => {
  const isComplete = connection.service === "mlflow" || /^(trace:|tr-)/.test(traceId);
  const location = isComplete ? undefined : await workspaceLocation(connection, options, terminal.env);
  const { name, value, rationale, span, source: type, by = userName(terminal.env) } = options;
  const assessment = {
    traceId,
    ...(location === undefined ? {} : { location: formatLocation(location) }),
    name,
    value,
    source: { type, id: by },
    ...(span === undefined ? {} : { spanId: span }),
  };
  return options.expectation === true
    ? logExpectation(connection, assessment)
    : logFeedback(connection, { ...assessment, ...(rationale === undefined ? {} : { rationale }) });
};

const addCommand = (terminal: Terminal): Command =>
  new Command("add")
    .description("Say what you think of a trace, or what would have been right")
    .argument("<trace-id>", "MLflow's id, or its 32 hexadecimal characters")
    .requiredOption("--name <name>", "what is judged, such as helpful")
    .requiredOption("--value <value>", "JSON, or else text", valueOf)
    // Neither has MLflow's log_expectation one.
    .addOption(new Option("--rationale <text>", "why; not of an expectation").conflicts("expectation"))
    .option("--expectation", "the value is what would have been right")
    .addOption(new Option("--source <kind>", "who judges").choices(["HUMAN", "LLM_JUDGE", "CODE"]).default("HUMAN"))
    .option("--by <name>", "the person, model or program (default: your user name)")
    .option("--span <id>", "one span of the trace", spanId)
    .addOption(locationOption("where the trace is, if the id does not say (default: where agents here write)"))
    .addOption(warehouseOption())
    .addOption(profileOption())
    .addOption(directoryOption())
    .addOption(jsonOption())
    .addHelpText("after", examples)
    .action(async (traceId: string, options: FeedbackOptions) => {
      const logged = await withWorkspace(
        terminal,
        options,
        ({ connection }) => judge(terminal, connection, { traceId, options }),
        { mayBeMlflow: true },
      );
      terminal.print(options.json === true ? jsonOf(logged) : lineOf(terminal, logged));
    });

/** `tracelake feedback`: judgements about traces. */
export const feedbackCommand = (terminal: Terminal): Command =>
  new Command("feedback").description("Judge traces").addCommand(addCommand(terminal));

const jsonOf = ({ assessmentId, kind, name, value, rationale, source, spanId: span }: TraceAssessment): string =>
  renderJson({
    assessment_id: assessmentId,
    kind,
    name,
    value,
    rationale: rationale ?? null,
    source_type: source.type,
    source_id: source.id,
    span_id: span ?? null,
  });

const lineOf = ({ style }: Terminal, { assessmentId, name, value }: TraceAssessment): string =>
  `${style.green("✓")} ${printable(`${name} = ${stringifyJson(value)}`)} ${style.dim(`(${printable(assessmentId)})`)}`;
