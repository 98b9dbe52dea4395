import { text as readText } from "node:stream/consumers";
import { Command, InvalidArgumentError, Option } from "commander";
import { ErrorCode, TracelakeError } from "@tracelake/wire";
import type { SqlAnswer } from "@tracelake/workspace-client";
import type { SqlParameter } from "../data/sql-source.ts";
import { countOf, noteAll, noteCount } from "../output/messages.ts";
import { renderAnswerCsv, renderAnswerJson, renderAnswerTable } from "../output/query-output.ts";
import type { Terminal } from "../terminal.ts";
import { directoryOption, type WorkspaceCommandOptions } from "../options/shared-options.ts";
import { withSqlSource } from "../data/with-sql-source.ts";

interface SqlOptions extends WorkspaceCommandOptions {
  readonly json?: boolean;
  readonly csv?: boolean;
  readonly catalog?: string;
  readonly schema?: string;
  readonly param: readonly SqlParameter[];
}

const examples = `
Examples:
  $ tracelake sql "SELECT name, COUNT(*) AS spans FROM my_catalog.my_schema.mlflow_experiment_trace_otel_spans GROUP BY name"
  $ tracelake sql --json "SELECT * FROM my_catalog.my_schema.mlflow_experiment_trace_unified LIMIT 5" | jq .
  $ tracelake sql --param since:BIGINT=1760000000000000000 "SELECT name FROM … WHERE start_time_unix_nano > :since"
  $ tracelake sql --csv < query.sql > answer.csv`;

/** `tracelake sql`: runs one statement and prints its rows. */
export const sqlCommand = (terminal: Terminal): Command =>
  new Command("sql")
    .description("Run Databricks SQL on the tables of the local workspace")
    .argument("[statement]", "one SQL statement; read from standard input when left out or -")
    .addOption(new Option("--json", "print one JSON array of row objects").conflicts("csv"))
    .addOption(new Option("--csv", "print CSV with a header line"))
    .option("--catalog <name>", "catalog of table names that give none")
    .option("--schema <name>", "schema of table names that give none")
    .addOption(
      new Option("-p, --param <name[:type]=value>", "value for :name in the statement; may be repeated")
        .argParser(collectParameter)
        .default([], "none"),
    )
    .addOption(directoryOption())
    .addHelpText("after", examples)
    .action(async (statement: string | undefined, options: SqlOptions) => {
      const sql = await readStatement(terminal, statement);
      const startMillis = performance.now();
      const { catalog, schema, param: parameters } = options;
      const answer = await withSqlSource(terminal, options, (source) =>
        source.query(sql, { catalog, schema, parameters }),
      );
      terminal.print(render(terminal, answer, options));
      noteAll(terminal, answer.notes);
      noteCount(terminal, countOf(answer.rows.length, "row"), startMillis);
    });

const render = (terminal: Terminal, answer: SqlAnswer, { json, csv }: SqlOptions): string[] => {
  if (json === true) return renderAnswerJson(answer);
  if (csv === true) return renderAnswerCsv(answer, { isTerminal: terminal.stdout.isTTY === true });
  return answer.columns.length === 0 ? [] : renderAnswerTable(answer, terminal);
};

const readStatement = async (terminal: Terminal, argument: string | undefined): Promise<string> => {
  const isFromInput = argument === undefined || argument === "-";
  if (isFromInput && terminal.stdin.isTTY === true) throw noStatement("none was given");
  const statement = isFromInput ? await readText(terminal.stdin) : argument;
  if (statement.trim() === "") throw noStatement("it is empty");
  return statement;
};

const noStatement = (seen: string): TracelakeError =>
  new TracelakeError(ErrorCode.COMMAND_USAGE, {
    failed: "There is no SQL statement to run",
    seen,
    remedy: 'Write `tracelake sql "SELECT …"`, or give the statement on standard input.',
  });

const numberType = /^(?:TINYINT|SMALLINT|INT|INTEGER|BIGINT|LONG|FLOAT|DOUBLE|DECIMAL)\b/i;

const collectParameter = (text: string, earlier: readonly SqlParameter[]): SqlParameter[] => {
  const match = /^([A-Za-z_]\w*)(?::([A-Za-z][\w(), ]*))?=([\s\S]*)$/.exec(text);
  const [, name, type, value] = match ?? [];
  if (name === undefined || value === undefined)
    throw new InvalidArgumentError('Write "name=value" or "name:TYPE=value".');
  if (type !== undefined && numberType.test(type) && (value.trim() === "" || Number.isNaN(Number(value)))) {
    throw new InvalidArgumentError(`The value of ${name} is no ${type.toUpperCase()}.`);
  }
  return [...earlier, { name, value, ...(type === undefined ? {} : { type: type.toUpperCase() }) }];
};
