/** What the process says when it ends. */
export const ExitCode = { OK: 0, FAILED: 1, USAGE: 2 } as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** Thrown by a command that has already said what is wrong. */
export class AlreadyReported extends Error {
  override readonly name = "AlreadyReported";
}
