import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { isMainThread } from "node:worker_threads";
import { Durability } from "../delivery/durability.ts";
import { optionInvalid } from "../option-invalid.ts";
import { createFrameCipher } from "../spool/frame-cipher.ts";
import type { DropReason, RecordKind } from "./ledger.ts";
import type { PipelineSettings } from "./pipeline.ts";

/** How what is recorded is kept until a destination has it; everything has a default. */
export interface PipelineOptions {
  /**
   * When traces for a remote destination are written to disk, prompts and answers included. Default
   * `TRACELAKE_DURABILITY`, else `spill`; `memory` where a platform has no disk to come back to. A local workspace always
   * has a journal.
   */
  readonly durability?: Durability;
  /** Default `TRACELAKE_SPOOL_DIRECTORY`, else a directory of the user's own below `XDG_STATE_HOME`. */
  readonly spoolDirectory?: string;
  /** How large the spool of one destination may become. Default 512 MiB; then what is oldest is given up. */
  readonly maxSpoolBytes?: number;
  /**
   * Whether requests are compressed. By default they are, except to this machine, where that costs time and saves
   * nothing.
   */
  readonly compression?: "gzip" | "none";
  /** Whether SIGTERM, SIGINT and SIGHUP write what is in memory to disk before they do what they did. Default `true`. */
  readonly handleSignals?: boolean;
  /** Told of every loss. What it throws is ignored. */
  readonly onDrop?: (reason: DropReason, count: number, kind: RecordKind) => void;
}

const serverlessVariables = ["AWS_LAMBDA_FUNCTION_NAME", "VERCEL", "FUNCTION_TARGET", "K_SERVICE", "NETLIFY"] as const;

/** Whether the platform freezes or throws away the process between two requests. */
const isServerless = (environment: NodeJS.ProcessEnv = process.env): boolean =>
  serverlessVariables.some((name) => (environment[name] ?? "") !== "");

const readDurability = (given: string | undefined, environment: NodeJS.ProcessEnv): Durability => {
  const seen = given ?? environment["TRACELAKE_DURABILITY"] ?? "";
  if (seen === "") return isServerless(environment) ? Durability.MEMORY : Durability.SPILL;
  const known = Object.values(Durability).find((durability) => durability === seen);
  if (known !== undefined) return known;
  throw optionInvalid(
    "The durability of traces cannot be used",
    seen,
    `Set TRACELAKE_DURABILITY, or \`durability\`, to ${Object.values(Durability).join(", ")}.`,
  );
};

const readSpoolDirectory = (given: string | undefined, environment: NodeJS.ProcessEnv): string => {
  const named = given ?? environment["TRACELAKE_SPOOL_DIRECTORY"] ?? "";
  if (named !== "") return resolve(named);
  const state = environment["XDG_STATE_HOME"] ?? "";
  return join(state === "" ? join(homedir(), ".local", "state") : state, "tracelake", "spool");
};

const readLargestSpoolBytes = (given: number | undefined): { largestSpoolBytes?: number } => {
  if (given === undefined) return {};
  if (Number.isSafeInteger(given) && given >= 0) return { largestSpoolBytes: given };
  throw optionInvalid(
    "The size of the spool cannot be used",
    given,
    "Give `maxSpoolBytes` as a whole number of bytes.",
  );
};

/** @throws {TracelakeError} `CONFIG_OPTION_INVALID` */
export const readPipelineSettings = (
  options: PipelineOptions = {},
  environment: NodeJS.ProcessEnv = process.env,
): PipelineSettings => {
  const key = environment["TRACELAKE_SPOOL_KEY"] ?? "";
  const durability = readDurability(options.durability, environment);
  return {
    // The end of the process is not told to a worker thread: what it has not written by then is lost.
    durability: durability === Durability.SPILL && !isMainThread ? Durability.JOURNAL : durability,
    spoolDirectory: readSpoolDirectory(options.spoolDirectory, environment),
    ...readLargestSpoolBytes(options.maxSpoolBytes),
    cipher: key === "" ? undefined : createFrameCipher(key),
    isCompressing: options.compression === undefined ? undefined : options.compression === "gzip",
    handlesSignals: options.handleSignals ?? true,
    onDrop: options.onDrop,
  };
};
