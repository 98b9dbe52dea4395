import { promisify } from "node:util";
import { ErrorCode, quoteForMessage, TracelakeError } from "@tracelake/wire";
import type { Credentials, IssuedToken } from "./credentials.ts";
import { parseJsonObject } from "../json-object.ts";
import { TokenKeeper } from "./token-keeper.ts";

interface CommandTokenOptions {
  readonly source: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  /** What to run when the command has no token to give. */
  readonly logIn: string;
  readonly tokenField: string;
  readonly expiryField: string;
}

const timeoutMillis = 60_000;

const run = async ({ command, args, environment, logIn }: CommandTokenOptions): Promise<string> => {
  try {
    const { stdout } = await promisify(process.getBuiltinModule("node:child_process").execFile)(command, [...args], {
      env: environment,
      timeout: timeoutMillis,
      windowsHide: true,
    });
    return stdout;
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    const said = error instanceof Error && "stderr" in error && typeof error.stderr === "string" ? error.stderr : "";
    throw new TracelakeError(ErrorCode.CONFIG_CREDENTIALS_MISSING, {
      failed: `The command \`${[command, ...args].join(" ")}\` gave no token`,
      seen: isMissing ? "the command is not installed" : quoteForMessage(said.trim() || "it failed"),
      remedy: isMissing ? `Install ${command}, or set DATABRICKS_TOKEN.` : `Run \`${logIn}\`, then try again.`,
    });
  }
};

const readToken = (options: CommandTokenOptions, output: string): IssuedToken => {
  const answer = parseJsonObject(output);
  const token = answer[options.tokenField];
  const expiry = answer[options.expiryField];
  if (typeof token === "string" && token !== "") {
    const millis = typeof expiry === "string" ? Date.parse(expiry) : Number.NaN;
    return { token, expiresAtMillis: Number.isNaN(millis) ? undefined : millis };
  }
  throw new TracelakeError(ErrorCode.CONFIG_CREDENTIALS_MISSING, {
    failed: `The answer of \`${[options.command, ...options.args].join(" ")}\` cannot be read`,
    seen: `no field ${options.tokenField}`,
    remedy: `Install a current version of ${options.command}.`,
  });
};

/** The token of a command that somebody has logged in with. It refreshes what it keeps itself. */
const commandToken = (options: CommandTokenOptions): Credentials =>
  new TokenKeeper({ source: options.source, issue: async () => readToken(options, await run(options)) });

/** @see https://docs.databricks.com/aws/en/dev-tools/cli/reference/auth-commands */
export const databricksCliToken = (
  target: { readonly profile: string } | { readonly host: string },
  environment: NodeJS.ProcessEnv,
): Credentials => {
  const args = "profile" in target ? ["--profile", target.profile] : ["--host", target.host];
  return commandToken({
    source: `the databricks CLI (${args.join(" ")})`,
    command: environment["DATABRICKS_CLI_PATH"] || "databricks",
    args: ["auth", "token", ...args],
    environment,
    logIn: `databricks auth login ${args.join(" ")}`,
    tokenField: "access_token",
    expiryField: "expiry",
  });
};

/** The application id by which Entra ID knows Azure Databricks. */
export const azureDatabricksApplication = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d";

/** @see https://learn.microsoft.com/azure/databricks/dev-tools/auth/azure-cli */
export const azureCliToken = (environment: NodeJS.ProcessEnv): Credentials =>
  commandToken({
    source: "the Azure CLI",
    command: "az",
    args: ["account", "get-access-token", "--resource", azureDatabricksApplication, "--output", "json"],
    environment,
    logIn: "az login",
    tokenField: "accessToken",
    expiryField: "expiresOn",
  });
