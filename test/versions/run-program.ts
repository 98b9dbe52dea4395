import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { NodeBinary } from "./matrix.ts";

export interface ProgramOptions {
  readonly folder: string;
  /** Where the recorded model server listens. */
  readonly modelUrl: string;
  readonly args?: readonly string[];
}

// Version 4 of the client computes a negative delay before a retry, and depends on what uses `punycode` and `url.parse()`.
const ignoredWarnings = "--no-deprecation --disable-warning=TimeoutNegativeWarning";

/**
 * Runs a program, which prints one line of JSON, in a process of its own.
 *
 * @throws where it fails or prints anything on stderr: nothing of ours says anything there.
 */
export const runProgram = async <T>(
  { path }: NodeBinary,
  program: string,
  { folder, modelUrl, args = [] }: ProgramOptions,
): Promise<T> => {
  const { stdout, stderr } = await promisify(execFile)(path, [program, ...args], {
    cwd: folder,
    env: { ...process.env, NODE_OPTIONS: ignoredWarnings, MODEL_URL: modelUrl },
    maxBuffer: 64 * 1024 * 1024,
    timeout: 60_000,
  });
  if (stderr !== "") throw new Error(`${program} wrote on stderr: ${stderr}`);
  return JSON.parse(stdout) as T;
};
