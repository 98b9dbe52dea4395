import { ErrorCode, quoteForMessage, TracelakeError } from "@tracelake/wire";
import {
  assertPrivate,
  localWarehouseId,
  normalizeBaseUrl,
  type Connection,
  type WorkspaceOptions,
} from "./connection.ts";
import type { Credentials } from "./credentials/credentials.ts";
import { authenticatorCredentials, fixedToken, providedToken } from "./credentials/fixed-credentials.ts";
import { readProfile, type Profile } from "./credentials/profile.ts";
import {
  credentialsIn,
  environmentSettings,
  profileSettings,
  workspaceClientCredentials,
} from "./credentials/select-credentials.ts";
import { isServingEnvironment, servingToken } from "./credentials/serving-token.ts";

/** What the settings say, before anybody is asked. */
interface Surroundings {
  readonly options: WorkspaceOptions;
  readonly environment: NodeJS.ProcessEnv;
  /** Named by the application, so that it counts before the environment. */
  readonly chosenProfile: Profile | undefined;
  /** Named by the environment, or `DEFAULT`. */
  readonly profile: Profile | undefined;
}

const profileName = (text: string | undefined): string | undefined =>
  text?.replace(/^databricks:\/\//, "").replace(/\/+$/, "") || undefined;

const surroundingsOf = (options: WorkspaceOptions, environment: NodeJS.ProcessEnv): Surroundings => {
  const trackingUri = environment["MLFLOW_TRACKING_URI"] ?? "";
  const chosen = profileName(options.profile);
  const named =
    environment["DATABRICKS_CONFIG_PROFILE"] ||
    profileName(trackingUri.startsWith("databricks://") ? trackingUri : undefined);
  const chosenProfile = chosen === undefined ? undefined : readProfile(chosen, environment);
  return { options, environment, chosenProfile, profile: chosenProfile ?? readProfile(named, environment) };
};

const hostSetting = ({ options, environment, chosenProfile, profile }: Surroundings): [string, string] => {
  const inProfile = (found: Profile | undefined): [string, string] | undefined => {
    const host = found?.settings.get("host");
    return host ? [host, `host of the profile ${found?.name ?? ""}`] : undefined;
  };
  if (options.host !== undefined) return [options.host, "DATABRICKS_HOST"];
  const serving = environment["DATABRICKS_MODEL_SERVING_HOST_URL"] || environment["DB_MODEL_SERVING_HOST_URL"];
  const [host, setting] = inProfile(chosenProfile) ??
    (environment["DATABRICKS_HOST"] ? [environment["DATABRICKS_HOST"], "DATABRICKS_HOST"] : undefined) ??
    (serving ? [serving, "DATABRICKS_MODEL_SERVING_HOST_URL"] : undefined) ??
    inProfile(profile) ?? ["", "DATABRICKS_HOST"];
  return [host, setting];
};

const baseUrlOf = (surroundings: Surroundings): string => {
  const [host, setting] = hostSetting(surroundings);
  if (host.trim() === "") {
    throw new TracelakeError(ErrorCode.CONFIG_HOST_MISSING, {
      failed: "The Databricks workspace is not known",
      seen: "DATABRICKS_HOST is not set",
      remedy:
        'Set DATABRICKS_HOST to the workspace, such as "https://my-workspace.cloud.databricks.com", or name a profile in DATABRICKS_CONFIG_PROFILE, or pass `host`.',
    });
  }
  const baseUrl = normalizeBaseUrl(host, setting);
  assertPrivate(baseUrl, setting);
  return baseUrl;
};

// Whoever gives one half means the service principal, not whatever else the surroundings hold.
const fromClient = (
  { clientId, clientSecret }: WorkspaceOptions,
  baseUrl: string,
  environment: NodeJS.ProcessEnv,
): Credentials | undefined => {
  if (!clientId && !clientSecret) return undefined;
  const id = clientId || environment["DATABRICKS_CLIENT_ID"];
  const secret = clientSecret || environment["DATABRICKS_CLIENT_SECRET"];
  if (id && secret) {
    const source = clientSecret ? "the `clientSecret` option" : "DATABRICKS_CLIENT_SECRET";
    return workspaceClientCredentials(baseUrl, { clientId: id, clientSecret: secret, source });
  }
  const missing = id ? "`clientSecret` or DATABRICKS_CLIENT_SECRET" : "`clientId` or DATABRICKS_CLIENT_ID";
  throw new TracelakeError(ErrorCode.CONFIG_CREDENTIALS_MISSING, {
    failed: "The service principal cannot be used",
    seen: id ? "`clientId` alone" : "`clientSecret` alone",
    remedy: `Give ${missing} as well.`,
  });
};

const fromOptions = (
  options: WorkspaceOptions,
  baseUrl: string,
  environment: NodeJS.ProcessEnv,
): Credentials | undefined => {
  const { token, authenticator } = options;
  if (typeof token === "function") return providedToken(token, "the `token` option");
  if (token) return fixedToken(token, "the `token` option");
  if (authenticator !== undefined) return authenticatorCredentials(authenticator, "the `authenticator` option");
  return fromClient(options, baseUrl, environment);
};

// A profile's token is for the profile's host: sent to another one, it would be given away.
const fromProfile = (
  profile: Profile | undefined,
  baseUrl: string,
  environment: NodeJS.ProcessEnv,
): Credentials | undefined => {
  if (profile === undefined) return undefined;
  const host = profile.settings.get("host") ?? "";
  const credentials = credentialsIn(profileSettings(profile), baseUrl, environment);
  if (credentials === undefined || host === "" || normalizeBaseUrl(host, "host") === baseUrl) return credentials;
  if (profile.name === "DEFAULT") return undefined;
  throw new TracelakeError(ErrorCode.CONFIG_CREDENTIALS_MISSING, {
    failed: `The profile ${profile.name} holds credentials for another workspace`,
    seen: `${quoteForMessage(host)}, while ${quoteForMessage(baseUrl)} is asked for`,
    remedy: "Unset DATABRICKS_HOST, or name the profile of that workspace.",
  });
};

const credentialsOf = (surroundings: Surroundings, baseUrl: string): Credentials => {
  const { options, environment, chosenProfile, profile } = surroundings;
  const found =
    fromOptions(options, baseUrl, environment) ??
    fromProfile(chosenProfile, baseUrl, environment) ??
    credentialsIn(environmentSettings(environment), baseUrl, environment) ??
    (isServingEnvironment(environment) ? servingToken() : undefined) ??
    fromProfile(profile, baseUrl, environment);
  if (found !== undefined) return found;
  throw new TracelakeError(ErrorCode.CONFIG_CREDENTIALS_MISSING, {
    failed: "The Databricks workspace cannot be reached without credentials",
    seen: `DATABRICKS_TOKEN is not set, and neither are DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET${
      profile === undefined ? "" : `; the profile ${profile.name} has none for ${baseUrl}`
    }`,
    remedy: `Set DATABRICKS_TOKEN, or the client id and secret of a service principal, or run \`databricks auth login --host ${baseUrl}\` and name its profile in DATABRICKS_CONFIG_PROFILE.`,
  });
};

/**
 * The connection to a Databricks workspace: from options, else from the environment (as set by hand, by Databricks Apps or
 * by Model Serving), else from a profile of `~/.databrickscfg`. With the SQL warehouse `local` it is that to a local
 * workspace, wherever it is served.
 *
 * @see https://docs.databricks.com/aws/en/dev-tools/auth/unified-auth
 * @throws {TracelakeError} `CONFIG_HOST_MISSING`, `CONFIG_HOST_INVALID` or `CONFIG_CREDENTIALS_MISSING`, naming the setting.
 */
export const connectWorkspace = (
  options: WorkspaceOptions = {},
  environment: NodeJS.ProcessEnv = process.env,
): Connection => {
  const surroundings = surroundingsOf(options, environment);
  const baseUrl = baseUrlOf(surroundings);
  const credentials = credentialsOf(surroundings, baseUrl);
  const sqlWarehouseId = options.sqlWarehouseId || environment["MLFLOW_TRACING_SQL_WAREHOUSE_ID"] || undefined;
  return {
    baseUrl,
    credentialSource: credentials.source,
    authorization: () => credentials.authorization(),
    invalidate: (authorization) => credentials.invalidate(authorization),
    sqlWarehouseId,
    service: sqlWarehouseId === localWarehouseId ? "local" : "databricks",
  };
};
