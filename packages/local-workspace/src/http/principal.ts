import type { Context } from "hono";
import { currentUser } from "../current-user.ts";
import type { AccessTokens } from "./access-tokens.ts";

/** The token that a request carries. */
export const bearerIn = (context: Context): string | undefined =>
  /^Bearer +(\S+)$/i.exec(context.req.header("authorization") ?? "")?.[1];

/** Whose token ends while its request is under way. */
const nobody = "nobody";

/** Who asks: the holder of the request's token, or the workspace's own user where no token is asked for. */
export const principalOf = (context: Context, tokens: AccessTokens): string =>
  tokens.holder(bearerIn(context) ?? "") ?? (tokens.areAsked ? nobody : currentUser);
