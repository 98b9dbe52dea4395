import { ErrorCode, quoteForMessage, TracelakeError } from "@tracelake/wire";
import type { HeaderAuthenticator } from "./credentials/fixed-credentials.ts";

/** An HTTP service and how to authenticate with it. */
export interface Connection {
  /** Scheme, host and any path prefix, without a trailing slash. */
  readonly baseUrl: string;
  /** Asked before every request, so that a token may be refreshed. */
  readonly authorization: () => Promise<string | undefined> | string | undefined;
  /** Named in messages: where the credentials came from. */
  readonly credentialSource: string;
  /** Says that this header was refused with 401: the next {@link authorization} carries a new token, where there can be one. */
  readonly invalidate?: (authorization: string) => void;
  /** The SQL warehouse that calls for traces in Unity Catalog name. */
  readonly sqlWarehouseId?: string | undefined;
  /**
   * Who answers, a Databricks workspace where absent: they differ in what they can be asked, and keep scorers in different
   * registries. Set by whoever connects and never read from the address, behind which anything may stand.
   */
  readonly service?: "databricks" | "mlflow" | "local";
}

/** The id of the one warehouse of a local workspace, which no warehouse of Databricks has. */
export const localWarehouseId = "local";

/** How to reach a Databricks workspace. What is absent is read from the environment, then from a profile. */
export interface WorkspaceOptions {
  /** With or without `https://`. Default `DATABRICKS_HOST`. */
  readonly host?: string;
  /** A personal access token, or a function that returns a current token and is asked before every request. */
  readonly token?: string | (() => Promise<string> | string);
  /** A service principal's application id, with `clientSecret`. Default `DATABRICKS_CLIENT_ID`. */
  readonly clientId?: string;
  /** Default `DATABRICKS_CLIENT_SECRET`. */
  readonly clientSecret?: string;
  /** A profile of `~/.databrickscfg`, or a tracking URI such as `databricks://dev`. Default `DATABRICKS_CONFIG_PROFILE`. */
  readonly profile?: string;
  /** `Config` of `@databricks/sdk-experimental`, for every way to authenticate that it knows: Azure, Google and others. */
  readonly authenticator?: HeaderAuthenticator;
  /**
   * The SQL warehouse that answers for traces in Unity Catalog; `local` says that a local workspace answers. Default
   * `MLFLOW_TRACING_SQL_WAREHOUSE_ID`.
   */
  readonly sqlWarehouseId?: string;
}

// Whatever stands before an @ or behind a ? may be a password or a token.
const withoutSecrets = (text: string): string => text.replace(/[?#].*$/s, "?…").replace(/^(.*\/\/)?.*@/s, "$1…@");

/**
 * A base URL from what people write: a bare host is completed to https, a trailing slash is dropped.
 *
 * @throws {TracelakeError} `CONFIG_HOST_INVALID`
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
    throw new TracelakeError(ErrorCode.CONFIG_HOST_INVALID, {
      failed: `The address in ${setting} cannot be used`,
      seen: quoteForMessage(withoutSecrets(text)),
      remedy: `Set ${setting} to a host such as "https://my-workspace.cloud.databricks.com", without credentials or query.`,
    });
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
};

/** Whether an address is on this machine. */
export const isLoopback = (baseUrl: string): boolean =>
  ["127.0.0.1", "localhost", "[::1]"].includes(new URL(baseUrl).hostname);

/**
 * Refuses to send a token over clear text, where it is readable on the way; on this machine there is no way.
 *
 * @throws {TracelakeError} `CONFIG_HOST_INVALID`
 */
export const assertPrivate = (baseUrl: string, setting: string): void => {
  if (baseUrl.startsWith("https:") || isLoopback(baseUrl)) return;
  throw new TracelakeError(ErrorCode.CONFIG_HOST_INVALID, {
    failed: `A token would travel unencrypted to the address in ${setting}`,
    seen: quoteForMessage(baseUrl),
    remedy: "Use https://. Plain http is accepted only for this machine.",
  });
};

/**
 * The connection to an MLflow server: open, or with `MLFLOW_TRACKING_TOKEN`, or with `MLFLOW_TRACKING_USERNAME` and
 * `MLFLOW_TRACKING_PASSWORD`.
 *
 * @see https://mlflow.org/docs/latest/ml/auth/#using-environment-variables
 * @throws {TracelakeError} `CONFIG_HOST_INVALID`
 */
export const connectMlflowServer = (trackingUri: string, environment: NodeJS.ProcessEnv = process.env): Connection => {
  const baseUrl = normalizeBaseUrl(trackingUri, "MLFLOW_TRACKING_URI");
  const {
    MLFLOW_TRACKING_TOKEN: token,
    MLFLOW_TRACKING_USERNAME: user,
    MLFLOW_TRACKING_PASSWORD: password,
  } = environment;
  const basic = !user ? undefined : `Basic ${Buffer.from(`${user}:${password ?? ""}`).toString("base64")}`;
  const authorization = !token ? basic : `Bearer ${token}`;
  if (authorization !== undefined) assertPrivate(baseUrl, "MLFLOW_TRACKING_URI");
  return {
    baseUrl,
    credentialSource: token
      ? "MLFLOW_TRACKING_TOKEN"
      : user
        ? "MLFLOW_TRACKING_USERNAME"
        : "MLFLOW_TRACKING_TOKEN or MLFLOW_TRACKING_USERNAME (neither is set)",
    authorization: () => authorization,
    service: "mlflow",
  };
};
