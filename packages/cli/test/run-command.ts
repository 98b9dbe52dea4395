import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { runTracelake, type ExitCode } from "@tracelake/cli";

export interface CommandResult {
  readonly exitCode: ExitCode;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandSurroundings {
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** The cells in a line, where the streams are to be terminals. */
  readonly columns?: number;
}

/** Runs `tracelake` in this process and collects what it writes. */
export const runCommand = async (
  args: readonly string[],
  { input, env = {}, columns }: CommandSurroundings = {},
): Promise<CommandResult> => {
  const terminal = columns === undefined ? {} : { isTTY: true, columns };
  const stdout = Object.assign(new PassThrough(), terminal);
  const stderr = Object.assign(new PassThrough(), terminal);
  const stdin = Object.assign(Readable.from(input === undefined ? [] : [input]), input === undefined ? terminal : {});
  const output = Promise.all([text(stdout), text(stderr)]);
  const exitCode = await runTracelake(args, { stdin, stdout, stderr, env });
  stdout.end();
  stderr.end();
  const [outText, errorText] = await output;
  return { exitCode, stdout: outText, stderr: errorText };
};
