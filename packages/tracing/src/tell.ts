import { Console } from "node:console";

let stderr: Console | undefined;

/** Writes a line of the product's own to stderr. Never throws. */
export const tell = (line: string): void => {
  try {
    // A plain write to a closed pipe fails later, as an event that would end the process; a console's does not.
    stderr ??= new Console({ stdout: process.stderr, stderr: process.stderr, ignoreErrors: true });
    stderr.error("%s", `[tracelake] ${line.replaceAll("\n", " ")}`);
  } catch {
    // A closed stderr is no reason to fail.
  }
};
