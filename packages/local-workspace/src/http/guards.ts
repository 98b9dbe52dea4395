import type { MiddlewareHandler } from "hono";
import type { AccessTokens } from "./access-tokens.ts";
import { errorResponse } from "./errors.ts";
import { bearerIn } from "./principal.ts";

const loopbackNames = new Set(["127.0.0.1", "localhost", "[::1]"]);

const hostOf = (authority: string): string | undefined => {
  try {
    return new URL(`http://${authority}`).host;
  } catch {
    return undefined;
  }
};

const isLoopback = (host: string): boolean => loopbackNames.has(host.replace(/:\d+$/, ""));

/**
 * Refuses requests that a web page could have made: one that reached this address under a name of its own (DNS
 * rebinding), or one that comes from another origin.
 */
export const sameMachine: MiddlewareHandler = async (context, next) => {
  const host = hostOf(context.req.header("host") ?? new URL(context.req.url).host);
  if (host === undefined || !isLoopback(host)) {
    return errorResponse(context, {
      status: 403,
      errorCode: "PERMISSION_DENIED",
      message: "The local workspace answers on 127.0.0.1 and localhost only.",
    });
  }
  const origin = context.req.header("origin");
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) {
    return errorResponse(context, {
      status: 403,
      errorCode: "PERMISSION_DENIED",
      message: "The local workspace answers no pages of other origins.",
    });
  }
  return next();
};

/** What clients ask before they authenticate, and what says nothing about the data. */
const openPaths = new Set([
  "/health",
  "/version",
  "/.well-known/databricks-config",
  "/.well-known/oauth-authorization-server/oidc",
  "/.well-known/openid-configuration/oidc",
  "/oidc/.well-known/oauth-authorization-server",
  "/oidc/.well-known/openid-configuration",
  "/oidc/v1/token",
]);

/** Addresses that carry their own proof: clients send no token to what they take for a cloud's storage. */
export const signedPrefix = "/tracelake/signed/";
const isSigned = (path: string): boolean => path.startsWith(signedPrefix);

/** Asks for a token of this server, as Databricks asks for its own. */
export const bearerToken =
  (tokens: AccessTokens): MiddlewareHandler =>
  async (context, next) => {
    if (!tokens.areAsked || openPaths.has(context.req.path) || isSigned(context.req.path)) return next();
    const given = bearerIn(context);
    if (given !== undefined && tokens.holder(given) !== undefined) return next();
    // Databricks' drivers show this header alone.
    context.header("x-databricks-reason-phrase", "Invalid access token.");
    return errorResponse(context, {
      status: 401,
      errorCode: "UNAUTHENTICATED",
      message:
        'The token is missing or not that of this server. Send "Authorization: Bearer <token>" with the token that "tracelake dev" printed.',
    });
  };
