import type { ResponseBodyError } from "oauth4webapi";
import { ErrorCode, quoteForMessage, TracelakeError } from "@tracelake/wire";
import type { Credentials, IssuedToken } from "./credentials.ts";
import { Secret } from "./secret.ts";
import { TokenKeeper } from "./token-keeper.ts";

export interface ClientCredentialsOptions {
  readonly source: string;
  readonly issuer: string;
  readonly tokenEndpoint: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope: string;
  /** How the issuer wants the secret. */
  readonly secretIn: "header" | "body";
}

const timeoutMillis = 30_000;

const issueToken = async (options: ClientCredentialsOptions, clientSecret: Secret): Promise<IssuedToken> => {
  // Loaded when there is a token to be had.
  const oauth = await import("oauth4webapi");
  const authenticate = options.secretIn === "header" ? oauth.ClientSecretBasic : oauth.ClientSecretPost;
  const server = { issuer: options.issuer, token_endpoint: options.tokenEndpoint };
  const client = { client_id: options.clientId };
  try {
    const response = await oauth.clientCredentialsGrantRequest(
      server,
      client,
      authenticate(clientSecret.reveal()),
      { scope: options.scope },
      {
        signal: () => AbortSignal.timeout(timeoutMillis),
        // Plain http was refused before, except for this machine.
        [oauth.allowInsecureRequests]: options.tokenEndpoint.startsWith("http:"),
      },
    );
    if (response.status === 429 || response.status >= 500) throw unavailable(options, `status ${response.status}`);
    const answer = await oauth.processClientCredentialsResponse(server, client, response);
    const expiresAtMillis = answer.expires_in === undefined ? undefined : Date.now() + answer.expires_in * 1000;
    return { token: answer.access_token, expiresAtMillis };
  } catch (error) {
    if (TracelakeError.isInstance(error)) throw error;
    throw error instanceof oauth.ResponseBodyError ? refusal(options, error) : grantError(options, error);
  }
};

const unavailable = (options: ClientCredentialsOptions, seen: string, cause?: unknown): TracelakeError =>
  new TracelakeError(ErrorCode.WORKSPACE_UNAVAILABLE, {
    failed: `No token could be had from ${options.tokenEndpoint}`,
    seen,
    remedy: "Check the address and the network, or try again later.",
    cause,
  });

// Neither the answer nor the request is kept as a cause: the one may hold a token, the other holds the secret.
const refusal = (options: ClientCredentialsOptions, error: ResponseBodyError): TracelakeError =>
  new TracelakeError(ErrorCode.WORKSPACE_UNAUTHENTICATED, {
    failed: `The service principal ${quoteForMessage(options.clientId)} got no token from ${options.tokenEndpoint}`,
    seen: `${error.status} ${quoteForMessage(error.error)}${error.error_description === undefined ? "" : ` ${quoteForMessage(error.error_description)}`}`,
    remedy: `Check ${options.source}: the secret may be wrong or expired, or the service principal may not belong to this workspace.`,
    httpStatus: error.status,
  });

const grantError = (options: ClientCredentialsOptions, error: unknown): TracelakeError => {
  if (error instanceof TypeError || (error instanceof Error && error.name === "TimeoutError")) {
    return unavailable(options, error.name === "TimeoutError" ? "no answer in time" : "the connection failed", error);
  }
  return new TracelakeError(ErrorCode.WORKSPACE_RESPONSE_INVALID, {
    failed: `The answer of ${options.tokenEndpoint} is no token`,
    seen: error instanceof Error ? quoteForMessage(error.message) : "an answer of another form",
    remedy: "Check that the host is a Databricks workspace.",
  });
};

/**
 * OAuth for a service principal, refreshed before it expires.
 *
 * @see https://docs.databricks.com/aws/en/dev-tools/auth/oauth-m2m
 */
export const clientCredentials = (options: ClientCredentialsOptions): Credentials => {
  const secret = new Secret(options.clientSecret);
  const known = { ...options, clientSecret: "" };
  return new TokenKeeper({
    source: options.source,
    issue: () => issueToken(known, secret),
  });
};
