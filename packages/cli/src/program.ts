import { Command, CommanderError } from "commander";
import { ErrorCode, TracelakeError } from "@tracelake/wire";
import packageJson from "../package.json" with { type: "json" };
import { devCommand } from "./commands/dev.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { feedbackCommand } from "./commands/feedback.ts";
import { grantCommand } from "./commands/grant.ts";
import { linkCommand } from "./commands/link.ts";
import { monitorCommand } from "./commands/monitor.ts";
import { qualityCommand } from "./commands/quality.ts";
import { queryCommand } from "./commands/query.ts";
import { scorersCommand } from "./commands/scorers.ts";
import { showCommand } from "./commands/show.ts";
import { sqlCommand } from "./commands/sql.ts";
import { tracesCommand } from "./commands/traces.ts";
import { unlinkCommand } from "./commands/unlink.ts";
import { AlreadyReported, ExitCode } from "./exit-code.ts";
import { noteError } from "./output/messages.ts";
import { terminalOn, type Terminal, type TerminalStreams } from "./terminal.ts";

const examples = `
Examples:
  $ tracelake traces               the newest traces
  $ tracelake show latest --io     the tree of the newest one, with inputs and outputs
  $ tracelake sql "SELECT …"       Databricks SQL on the tables
  $ tracelake dev                  serve them over OTLP, REST and SQL
  $ tracelake doctor               why there are no traces, or no permission
  $ tracelake query slow           a ready question to the tables
  $ tracelake scorers list         what judges the traffic

dev, traces, show and sql work on .tracelake in the current directory, or on TRACELAKE_DIRECTORY, or on --directory. The
others ask the workspace that agents here write to: the one of DATABRICKS_HOST, or else the same local one.`;

const commands = [
  devCommand,
  tracesCommand,
  showCommand,
  sqlCommand,
  queryCommand,
  monitorCommand,
  qualityCommand,
  feedbackCommand,
  scorersCommand,
  doctorCommand,
  linkCommand,
  unlinkCommand,
  grantCommand,
];

/** A command and all below it. */
const withAllBelow = (command: Command): Command[] => [command, ...command.commands.flatMap(withAllBelow)];

const nameOf = (command: Command): string =>
  command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;

const programOn = (terminal: Terminal): Command => {
  const program = new Command("tracelake")
    .description("See what agents did: traces in tables, on your own disk")
    .version(packageJson.version, "-V, --version", "print the version")
    .helpCommand(false)
    .enablePositionalOptions()
    .addHelpText("after", examples);
  for (const command of commands) program.addCommand(command(terminal));
  for (const command of withAllBelow(program)) {
    command
      .exitOverride()
      .helpOption("-h, --help", "print this help")
      .showHelpAfterError(`See \`${nameOf(command)} --help\`.`)
      .configureOutput({
        writeOut: (text) => void terminal.stdout.write(text),
        writeErr: (text) => void terminal.stderr.write(text),
        getOutHelpWidth: () => terminal.width ?? 100,
        getErrHelpWidth: () => terminal.width ?? 100,
        getOutHasColors: () => false,
        getErrHasColors: () => false,
      });
  }
  return program;
};

/**
 * Runs the command `tracelake` with these arguments, such as `["show", "latest"]`. It never throws: what goes wrong
 * stands on stderr.
 *
 * @returns the exit code: 0 when all went well, 1 when something failed, 2 when the arguments cannot be used.
 */
export const runTracelake = async (args: readonly string[], streams: TerminalStreams = process): Promise<ExitCode> => {
  const terminal = terminalOn(streams);
  try {
    const program = programOn(terminal);
    if (args.length === 0) program.help({ error: true });
    await program.parseAsync(args, { from: "user" });
    return ExitCode.OK;
  } catch (error) {
    return exitCodeOf(terminal, error);
  }
};

// Commander has written what it has to say itself: help, the version, or what is wrong with the arguments.
const exitCodeOf = (terminal: Terminal, error: unknown): ExitCode => {
  if (error instanceof AlreadyReported) return ExitCode.FAILED;
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.OK : ExitCode.USAGE;
  noteError(terminal, error);
  const isUsage = TracelakeError.isInstance(error) && error.code === ErrorCode.COMMAND_USAGE;
  return isUsage ? ExitCode.USAGE : ExitCode.FAILED;
};
