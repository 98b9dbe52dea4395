import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { services } from "../services/services.ts";
import type { Store } from "../store/store.ts";
import { largestBodyBytes } from "./body.ts";
import { answerOf, errorResponse, tooLarge } from "./errors.ts";
import { bearerToken, sameMachine } from "./guards.ts";

/** The workspace's whole REST interface over a store; it needs no port. */
export const createApp = (store: Store, options: { readonly token: string | undefined }): Hono => {
  const app = new Hono();
  app.use(sameMachine);
  app.use(bearerToken(options.token));
  app.use(
    bodyLimit({
      maxSize: largestBodyBytes,
      onError: (context) => errorResponse(context, tooLarge(`The body is larger than ${largestBodyBytes} bytes.`)),
    }),
  );
  for (const service of services) service.mount(app, { store });
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
