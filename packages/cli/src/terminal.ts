import type { Readable, Writable } from "node:stream";
import { styleFor, type Style } from "./output/style.ts";

/** A stream that may be a terminal. */
export interface TerminalStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** What a command talks to: the process's own streams, or others in their place. */
export interface TerminalStreams {
  readonly stdin: Readable & TerminalStream;
  readonly stdout: Writable & TerminalStream;
  readonly stderr: Writable & TerminalStream;
  readonly env: NodeJS.ProcessEnv;
}

/** Where results go (stdout), where everything else goes (stderr), and how each may look. */
export interface Terminal extends TerminalStreams {
  readonly style: Style;
  readonly errorStyle: Style;
  /** The cells in a line of stdout, where it is a terminal. */
  readonly width: number | undefined;
  /** Writes a line of results, or several: any number, as an answer may have more rows than a call has room for arguments. */
  readonly print: (lines: string | readonly string[]) => void;
  /** Writes a line, or several, beside the results: notes, counts, errors. */
  readonly note: (lines: string | readonly string[]) => void;
}

const usualWidth = 80;

const writeLines = (stream: Writable, lines: string | readonly string[]): void => {
  for (const line of typeof lines === "string" ? [lines] : lines) stream.write(`${line}\n`);
};

/** The terminal that the streams make up. */
export const terminalOn = (streams: TerminalStreams): Terminal => ({
  ...streams,
  style: styleFor(streams.stdout, streams.env),
  errorStyle: styleFor(streams.stderr, streams.env),
  width: streams.stdout.isTTY === true ? (streams.stdout.columns ?? usualWidth) : undefined,
  print: (lines) => writeLines(streams.stdout, lines),
  note: (lines) => writeLines(streams.stderr, lines),
});
