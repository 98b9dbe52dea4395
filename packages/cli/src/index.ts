/**
 * The command `tracelake` as a function, for programs that bring it along.
 *
 * @module
 */
export { ExitCode } from "./exit-code.ts";
export { runTracelake } from "./program.ts";
export type { TerminalStream, TerminalStreams } from "./terminal.ts";
