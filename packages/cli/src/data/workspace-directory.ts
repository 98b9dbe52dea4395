import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { defaultWorkspaceDirectory, ErrorCode, quoteForMessage, TracelakeError } from "@tracelake/wire";

/** The workspace's directory as a whole path: the option, or `TRACELAKE_DIRECTORY`, or `.tracelake` below the current one. */
export const workspaceDirectory = (option: string | undefined, env: NodeJS.ProcessEnv): string =>
  resolve(option ?? (env["TRACELAKE_DIRECTORY"] || defaultWorkspaceDirectory));

const partsOfWorkspace = ["journal", "catalogs", "workspace.duckdb"];

/**
 * Makes sure that there is a workspace, as opening one would make its files anywhere.
 *
 * @throws {TracelakeError} `LOCAL_WORKSPACE_FAILED`, saying how a workspace comes to be.
 */
export const assertWorkspace = (directory: string): void => {
  if (partsOfWorkspace.some((part) => existsSync(join(directory, part)))) return;
  throw new TracelakeError(ErrorCode.LOCAL_WORKSPACE_FAILED, {
    failed: "There is no local workspace here yet",
    seen: `${quoteForMessage(directory)} ${existsSync(directory) ? "holds no traces" : "does not exist"}`,
    remedy:
      "Run an agent that uses Tracelake in this directory, or start an empty workspace with `tracelake dev`, " +
      "or name another directory with --directory or TRACELAKE_DIRECTORY.",
  });
};
