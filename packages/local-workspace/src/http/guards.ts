import { timingSafeEqual } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import { errorResponse } from "./errors.ts";

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
  if (origin !== undefined && origin !== `http://${host}`) {
    return errorResponse(context, {
      status: 403,
      errorCode: "PERMISSION_DENIED",
      message: "The local workspace answers no pages of other origins.",
    });
  }
  return next();
};

const equal = (given: string, expected: string): boolean => {
  const a = Buffer.from(given);
  const b = Buffer.from(expected);
  return a.length === b.length && timingSafeEqual(a, b);
};

/** What clients ask before they authenticate, and what says nothing about the data. */
const openPaths = new Set(["/health", "/version", "/.well-known/databricks-config"]);

/** Asks for the token of this server, as Databricks asks for its own. */
export const bearerToken =
  (token: string | undefined): MiddlewareHandler =>
  async (context, next) => {
    if (token === undefined || openPaths.has(context.req.path)) return next();
    const given = /^Bearer +(\S+)$/i.exec(context.req.header("authorization") ?? "")?.[1];
    if (given !== undefined && equal(given, token)) return next();
    return errorResponse(context, {
      status: 401,
      errorCode: "UNAUTHENTICATED",
      message:
        'The token is missing or not that of this server. Send "Authorization: Bearer <token>" with the token that "tracelake dev" printed.',
    });
  };
