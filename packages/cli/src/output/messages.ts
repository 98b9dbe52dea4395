import { quoteForMessage, TracelakeError } from "@tracelake/wire";
import type { Terminal } from "../terminal.ts";
import { printable, printableLines } from "./printable-text.ts";

/** `1 row`, `3 rows`. */
export const countOf = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** What stands under a result: how much it is and how long it took. */
export const noteCount = (terminal: Terminal, what: string, startMillis: number): void => {
  const seconds = ((performance.now() - startMillis) / 1000).toFixed(2);
  terminal.note(terminal.errorStyle.dim(`${what} in ${seconds} s`));
};

/** What the local workspace has to say about how it understood a statement. */
export const noteAll = (terminal: Terminal, notes: readonly string[]): void => {
  for (const note of notes) terminal.note(`${terminal.errorStyle.yellow("note:")} ${printableLines(note)}`);
};

/** Says on stderr why a command failed; the stack only where `TRACELAKE_DEBUG` asks for it. */
export const noteError = (terminal: Terminal, error: unknown): void => {
  const { errorStyle } = terminal;
  terminal.note(`${errorStyle.red("error:")} ${printableLines(messageOf(error))}`);
  if (!terminal.env["TRACELAKE_DEBUG"]) return;
  for (let at = error; at instanceof Error; at = at.cause) terminal.note(printableLines(at.stack ?? at.message));
};

const messageOf = (error: unknown): string => {
  if (TracelakeError.isInstance(error)) return error.message;
  const seen = error instanceof Error ? printable(error.message) : quoteForMessage(error);
  return `The command failed unexpectedly: ${seen}. Run it again with TRACELAKE_DEBUG=1 to see where.`;
};

/** What to do where a workspace holds no traces. */
export const noteNoTraces = (terminal: Terminal, where: string): void => {
  terminal.note([
    `There are no traces in ${where} yet.`,
    terminal.errorStyle.dim(
      "Run an agent that uses Tracelake in this directory; its traces appear as soon as they are flushed.",
    ),
  ]);
};
