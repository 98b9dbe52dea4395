import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { ErrorCode, quoteForMessage, TracelakeError } from "@tracelake/wire";

/** A section of `~/.databrickscfg`: settings by name. */
export interface Profile {
  readonly name: string;
  readonly file: string;
  readonly settings: ReadonlyMap<string, string>;
}

const section = /^\[([^\]]*)\]$/;

/** The sections of a configuration file. Lines that are neither a section nor a setting are passed over. */
const parseProfiles = (text: string): Map<string, Map<string, string>> => {
  const profiles = new Map<string, Map<string, string>>();
  let current: Map<string, string> | undefined;
  for (const line of text.split(/\r?\n/).map((each) => each.trim())) {
    if (line === "" || line.startsWith("#") || line.startsWith(";")) continue;
    const name = section.exec(line)?.[1]?.trim();
    if (name !== undefined) {
      current = profiles.get(name) ?? new Map<string, string>();
      profiles.set(name, current);
      continue;
    }
    const equals = line.indexOf("=");
    if (equals > 0) current?.set(line.slice(0, equals).trim().toLowerCase(), line.slice(equals + 1).trim());
  }
  return profiles;
};

const fileOf = (environment: NodeJS.ProcessEnv): string | undefined => {
  const named = environment["DATABRICKS_CONFIG_FILE"];
  const home = environment["HOME"] ?? environment["USERPROFILE"];
  if (named !== undefined && named !== "") return named.replace(/^~(?=[/\\])/, home ?? homedir());
  return home === undefined ? undefined : join(home, ".databrickscfg");
};

const readOrNothing = (file: string): string => {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
};

/**
 * A profile of the file that Databricks' own tools read: the one named, or `DEFAULT` if it exists.
 *
 * @see https://docs.databricks.com/aws/en/dev-tools/auth/config-profiles
 * @throws {TracelakeError} `CONFIG_CREDENTIALS_MISSING` where the one named is not there.
 */
export const readProfile = (name: string | undefined, environment: NodeJS.ProcessEnv): Profile | undefined => {
  const file = fileOf(environment);
  const profiles = file === undefined ? new Map<string, Map<string, string>>() : parseProfiles(readOrNothing(file));
  const settings = profiles.get(name ?? "DEFAULT");
  if (settings !== undefined && file !== undefined) return { name: name ?? "DEFAULT", file, settings };
  if (name === undefined) return undefined;
  const known = [...profiles.keys()].join(", ");
  throw new TracelakeError(ErrorCode.CONFIG_CREDENTIALS_MISSING, {
    failed: `The Databricks profile ${quoteForMessage(name)} was not found`,
    seen: known === "" ? `no profiles in ${file ?? "~/.databrickscfg"}` : `${file ?? ""} has ${known}`,
    remedy: `Run \`databricks auth login --profile ${name}\`, or name another profile in DATABRICKS_CONFIG_PROFILE.`,
  });
};
