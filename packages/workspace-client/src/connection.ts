import { ErrorCode, quoteForMessage, TracelakeError } from "@tracelake/wire";

/** An HTTP service and how to authenticate with it. */
export interface Connection {
  /** Scheme, host and any path prefix, without a trailing slash. */
  readonly baseUrl: string;
  /** Asked before every request, so that a token may be refreshed. */
  readonly authorization: () => Promise<string | undefined> | string | undefined;
  /** Named in messages: where the credentials came from. */
  readonly credentialSource: string;
}

/** How to reach a Databricks workspace. What is absent is read from the environment. */
export interface WorkspaceOptions {
  /** With or without `https://`. Default `DATABRICKS_HOST`. */
  readonly host?: string;
  /** A personal access token, or a function that returns a current token. Default `DATABRICKS_TOKEN`. */
  readonly token?: string | (() => Promise<string> | string);
}

// Whatever stands before an @ or behind a ? may be a password or a token.
const withoutSecrets = (text: string): string => text.replace(/[?#].*$/s, "?…").replace(/^(.*\/\/)?.*@/s, "$1…@");

/**
 * A base URL from what people write: a bare host is completed to https, a trailing slash is dropped.
 *
 * @throws {TracelakeError} `CONFIG_HOST_MISSING`
 */
export const normalizeBaseUrl = (text: string, setting: string): string => {
  const trimmed = text.trim();
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `https://${trimmed}`;
  const url = URL.canParse(withScheme) ? new URL(withScheme) : undefined;
  if (
    url === undefined ||
    !/^https?:$/.test(url.protocol) ||
    url.username !== "" ||
    url.password !== "" ||
    url.search !== ""
  ) {
    throw new TracelakeError(ErrorCode.CONFIG_HOST_MISSING, {
      failed: `The address in ${setting} cannot be used`,
      seen: quoteForMessage(withoutSecrets(text)),
      remedy: `Set ${setting} to a host such as "https://my-workspace.cloud.databricks.com", without credentials or query.`,
    });
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
};

const isLoopback = (baseUrl: string): boolean =>
  ["127.0.0.1", "localhost", "[::1]"].includes(new URL(baseUrl).hostname);

// A token over clear text is readable on the way; on this machine there is no way.
const assertPrivate = (baseUrl: string, setting: string): void => {
  if (baseUrl.startsWith("https:") || isLoopback(baseUrl)) return;
  throw new TracelakeError(ErrorCode.CONFIG_HOST_MISSING, {
    failed: `A token would travel unencrypted to the address in ${setting}`,
    seen: quoteForMessage(baseUrl),
    remedy: "Use https://. Plain http is accepted only for this machine.",
  });
};

/**
 * The connection to a Databricks workspace, from options or from `DATABRICKS_HOST` and `DATABRICKS_TOKEN`.
 *
 * @throws {TracelakeError} `CONFIG_HOST_MISSING` or `CONFIG_CREDENTIALS_MISSING`, naming the setting.
 */
export const connectWorkspace = (
  options: WorkspaceOptions = {},
  environment: NodeJS.ProcessEnv = process.env,
): Connection => {
  const host = options.host ?? environment["DATABRICKS_HOST"] ?? "";
  if (host.trim() === "") {
    throw new TracelakeError(ErrorCode.CONFIG_HOST_MISSING, {
      failed: "The Databricks workspace is not known",
      seen: "DATABRICKS_HOST is not set",
      remedy:
        'Set DATABRICKS_HOST to the workspace, such as "https://my-workspace.cloud.databricks.com", or pass `host`.',
    });
  }
  const baseUrl = normalizeBaseUrl(host, "DATABRICKS_HOST");
  const token = options.token ?? environment["DATABRICKS_TOKEN"] ?? "";
  if (token === "") {
    throw new TracelakeError(ErrorCode.CONFIG_CREDENTIALS_MISSING, {
      failed: "The Databricks workspace cannot be reached without credentials",
      seen: "DATABRICKS_TOKEN is not set",
      remedy: "Set DATABRICKS_TOKEN to a token of a user or service principal, or pass `token`.",
    });
  }
  assertPrivate(baseUrl, "DATABRICKS_HOST");
  return {
    baseUrl,
    credentialSource: options.token === undefined ? "DATABRICKS_TOKEN" : "the `token` option",
    authorization: async () => `Bearer ${typeof token === "function" ? await token() : token}`,
  };
};

/**
 * The connection to an MLflow server: open, or with `MLFLOW_TRACKING_TOKEN`, or with `MLFLOW_TRACKING_USERNAME` and
 * `MLFLOW_TRACKING_PASSWORD`.
 *
 * @see https://mlflow.org/docs/latest/ml/auth/#using-environment-variables
 * @throws {TracelakeError} `CONFIG_HOST_MISSING`
 */
export const connectMlflowServer = (trackingUri: string, environment: NodeJS.ProcessEnv = process.env): Connection => {
  const baseUrl = normalizeBaseUrl(trackingUri, "MLFLOW_TRACKING_URI");
  const {
    MLFLOW_TRACKING_TOKEN: token,
    MLFLOW_TRACKING_USERNAME: user,
    MLFLOW_TRACKING_PASSWORD: password,
  } = environment;
  const basic = user === undefined ? undefined : `Basic ${Buffer.from(`${user}:${password ?? ""}`).toString("base64")}`;
  const authorization = token === undefined ? basic : `Bearer ${token}`;
  if (authorization !== undefined) assertPrivate(baseUrl, "MLFLOW_TRACKING_URI");
  return {
    baseUrl,
    credentialSource: token === undefined ? "MLFLOW_TRACKING_USERNAME" : "MLFLOW_TRACKING_TOKEN",
    authorization: () => authorization,
  };
};
