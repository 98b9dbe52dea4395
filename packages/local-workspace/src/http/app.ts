import { Hono } from "hono";
import type { ServiceContext } from "../services/service.ts";
import { services } from "../services/services.ts";
import { Warehouses } from "../services/warehouses/warehouses.ts";
import type { Store } from "../store/store.ts";
import { Access } from "./access.ts";
import { AccessTokens, type ServicePrincipal } from "./access-tokens.ts";
import { answerOf, errorResponse } from "./errors.ts";
import { bearerToken, sameMachine } from "./guards.ts";

export interface AppOptions {
  /** What clients must send; none where the server asks for none. */
  readonly token: string | undefined;
  /** Who may ask for tokens; a new one by default. */
  readonly principal?: ServicePrincipal;
}

/** The workspace's whole REST interface over a store; it needs no port. */
export const createApp = (store: Store, options: AppOptions): Hono => {
  const app = new Hono();
  const tokens = new AccessTokens(options.token, options.principal);
  app.use(sameMachine);
  app.use(bearerToken(tokens));
  const access = new Access(store, tokens);
  const context: ServiceContext = { store, tokens, access, warehouses: new Warehouses() };
  for (const service of services) service.mount(app, context);
  app.notFound((context) =>
    errorResponse(context, {
      status: 404,
      errorCode: "ENDPOINT_NOT_FOUND",
      message: `No API found for '${context.req.method} ${context.req.path}'`,
    }),
  );
  app.onError((error, context) => errorResponse(context, answerOf(error)));
  return app;
};
