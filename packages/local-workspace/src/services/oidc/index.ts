import type { Context } from "hono";
import { readBody } from "../../http/body.ts";
import type { ServicePrincipal } from "../../http/access-tokens.ts";
import type { Service } from "../service.ts";

const originOf = (context: Context): string => new URL(context.req.url).origin;

const tokenPath = "/oidc/v1/token";

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
};

/** Who asks, by Basic authentication or by the form. */
const principalOf = (context: Context, form: URLSearchParams): ServicePrincipal => {
  const basic = /^Basic +(\S+)$/i.exec(context.req.header("authorization") ?? "")?.[1];
  if (basic === undefined) {
    return { clientId: form.get("client_id") ?? "", clientSecret: form.get("client_secret") ?? "" };
  }
  const [clientId = "", ...secret] = Buffer.from(basic, "base64").toString("utf8").split(":");
  return { clientId: decoded(clientId), clientSecret: decoded(secret.join(":")) };
};

const oauthError = (context: Context, status: 400 | 401, error: string, description: string): Response =>
  context.json({ error, error_description: description }, status, { "cache-control": "no-store" });

/**
 * Tokens for service principals, by client credentials.
 *
 * @see https://docs.databricks.com/aws/en/dev-tools/auth/oauth-m2m
 */
export const oidcService: Service = {
  name: "oidc",
  mount: (app, { tokens }) => {
    const metadata = (context: Context): Response => {
      const origin = originOf(context);
      return context.json({
        issuer: `${origin}/oidc`,
        authorization_endpoint: `${origin}/oidc/v1/authorize`,
        token_endpoint: `${origin}${tokenPath}`,
        scopes_supported: ["all-apis"],
        response_types_supported: ["code"],
        grant_types_supported: ["client_credentials"],
        token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
      });
    };
    for (const name of ["oauth-authorization-server", "openid-configuration"]) {
      app.get(`/oidc/.well-known/${name}`, metadata);
      app.get(`/.well-known/${name}/oidc`, metadata);
    }
    app.post(tokenPath, async (context) => {
      const form = new URLSearchParams((await readBody(context)).toString("utf8"));
      if (form.get("grant_type") !== "client_credentials") {
        return oauthError(context, 400, "unsupported_grant_type", "Only client_credentials is supported.");
      }
      if (!tokens.knows(principalOf(context, form))) {
        return oauthError(context, 401, "invalid_client", "Client authentication failed");
      }
      const { token, lifetimeSeconds } = tokens.issue();
      return context.json(
        {
          access_token: token,
          token_type: "Bearer",
          expires_in: lifetimeSeconds,
          scope: form.get("scope") ?? "all-apis",
        },
        200,
        { "cache-control": "no-store" },
      );
    });
  },
};
