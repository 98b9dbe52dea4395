import { ErrorCode, TracelakeError } from "@tracelake/wire";
import { clientCredentials } from "./client-credentials.ts";
import { azureCliToken, azureDatabricksApplication, databricksCliToken } from "./command-token.ts";
import type { Credentials } from "./credentials.ts";
import { fixedToken } from "./fixed-credentials.ts";
import type { Profile } from "./profile.ts";
import { isSdkAuthType, sdkAuthTypes, sdkCredentials } from "./sdk-credentials.ts";

/** How to authenticate; the names are those that Databricks' own tools know. */
const AuthType = {
  PAT: "pat",
  OAUTH_M2M: "oauth-m2m",
  DATABRICKS_CLI: "databricks-cli",
  AZURE_CLI: "azure-cli",
  AZURE_CLIENT_SECRET: "azure-client-secret",
} as const;
type AuthType = (typeof AuthType)[keyof typeof AuthType];

/** Settings by their name in a profile, and where they stand. */
export interface AuthSettings {
  readonly get: (name: string) => string | undefined;
  /** Names a setting for messages: `DATABRICKS_TOKEN`, or `token of the profile dev`. */
  readonly describe: (name: string) => string;
  /** The profile that the databricks CLI is asked with. */
  readonly profile: string | undefined;
}

export const environmentSettings = (environment: NodeJS.ProcessEnv): AuthSettings => {
  const variableOf = (name: string): string =>
    name.startsWith("azure_") ? `ARM_${name.slice("azure_".length).toUpperCase()}` : `DATABRICKS_${name.toUpperCase()}`;
  return {
    get: (name) => environment[variableOf(name)] || undefined,
    describe: variableOf,
    profile: undefined,
  };
};

export const profileSettings = ({ name, file, settings }: Profile): AuthSettings => ({
  get: (setting) => settings.get(setting) || undefined,
  describe: (setting) => `${setting} of the profile ${name} in ${file}`,
  profile: name,
});

const needs: Readonly<Record<AuthType, readonly string[]>> = {
  [AuthType.PAT]: ["token"],
  [AuthType.OAUTH_M2M]: ["client_id", "client_secret"],
  [AuthType.AZURE_CLIENT_SECRET]: ["azure_client_id", "azure_client_secret", "azure_tenant_id"],
  [AuthType.DATABRICKS_CLI]: [],
  [AuthType.AZURE_CLI]: [],
};

const isAuthType = (text: string): text is AuthType => Object.hasOwn(needs, text);

const authTypeInvalid = (seen: string, remedy: string): TracelakeError =>
  new TracelakeError(ErrorCode.CONFIG_CREDENTIALS_MISSING, {
    failed: "The credentials for Databricks cannot be used",
    seen,
    remedy,
  });

const configuredTypes = (settings: AuthSettings): AuthType[] =>
  Object.values(AuthType).filter(
    (type) => needs[type].length > 0 && needs[type].every((name) => settings.get(name) !== undefined),
  );

/**
 * Which way of authenticating the settings ask for; `undefined` where they hold none.
 *
 * Two at once are two identities with different grants. Databricks' own SDKs refuse that as well.
 *
 * @throws {TracelakeError} `CONFIG_CREDENTIALS_MISSING`
 */
const authTypeOf = (settings: AuthSettings): AuthType | undefined => {
  const asked = settings.get("auth_type");
  if (asked !== undefined) {
    if (!isAuthType(asked)) {
      const known = [...Object.values(AuthType), ...sdkAuthTypes].join(", ");
      throw authTypeInvalid(
        `${settings.describe("auth_type")} is ${JSON.stringify(asked)}`,
        `Set it to one of ${known}, or give the application's own token as the \`token\` or \`authenticator\` option.`,
      );
    }
    const missing = needs[asked].filter((name) => settings.get(name) === undefined).map(settings.describe);
    if (missing.length === 0) return asked;
    throw authTypeInvalid(`${missing.join(" and ")} missing for ${asked}`, `Set ${missing.join(" and ")}.`);
  }
  const types = configuredTypes(settings);
  if (types.length <= 1) return types[0];
  throw authTypeInvalid(
    types.map((type) => needs[type].map(settings.describe).join(" with ")).join(", and beside it "),
    `Remove all but one, or say which one counts with ${settings.describe("auth_type")}=${types[0] ?? ""}.`,
  );
};

/** The token endpoint of a workspace, which belongs to a service principal of it. */
export const workspaceClientCredentials = (
  host: string,
  client: { readonly clientId: string; readonly clientSecret: string; readonly source: string },
): Credentials =>
  clientCredentials({
    ...client,
    issuer: `${host}/oidc`,
    tokenEndpoint: `${host}/oidc/v1/token`,
    scope: "all-apis",
    secretIn: "header",
  });

const azureClientCredentials = (settings: AuthSettings): Credentials => {
  const issuer = `https://login.microsoftonline.com/${encodeURIComponent(settings.get("azure_tenant_id") ?? "")}`;
  return clientCredentials({
    source: settings.describe("azure_client_secret"),
    issuer,
    tokenEndpoint: `${issuer}/oauth2/v2.0/token`,
    clientId: settings.get("azure_client_id") ?? "",
    clientSecret: settings.get("azure_client_secret") ?? "",
    scope: `${azureDatabricksApplication}/.default`,
    secretIn: "body",
  });
};

/**
 * The credentials that settings hold for a host; `undefined` where they hold none.
 *
 * @see https://docs.databricks.com/aws/en/dev-tools/auth/
 * @throws {TracelakeError} `CONFIG_CREDENTIALS_MISSING` where they contradict each other.
 */
export const credentialsIn = (
  settings: AuthSettings,
  host: string,
  environment: NodeJS.ProcessEnv,
): Credentials | undefined => {
  const asked = settings.get("auth_type");
  if (asked !== undefined && isSdkAuthType(asked)) {
    return sdkCredentials({
      authType: asked,
      setting: settings.describe("auth_type"),
      host,
      profile: settings.profile,
      environment,
    });
  }
  switch (authTypeOf(settings)) {
    case AuthType.PAT:
      return fixedToken(settings.get("token") ?? "", settings.describe("token"));
    case AuthType.OAUTH_M2M:
      return workspaceClientCredentials(host, {
        clientId: settings.get("client_id") ?? "",
        clientSecret: settings.get("client_secret") ?? "",
        source: settings.describe("client_secret"),
      });
    case AuthType.AZURE_CLIENT_SECRET:
      return azureClientCredentials(settings);
    case AuthType.AZURE_CLI:
      return azureCliToken(environment);
    case AuthType.DATABRICKS_CLI:
      return databricksCliToken(settings.profile === undefined ? { host } : { profile: settings.profile }, environment);
    default:
      return undefined;
  }
};
