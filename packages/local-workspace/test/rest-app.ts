import type { Hono } from "hono";
import { createApp } from "../src/http/app.ts";
import { DuckDbStore } from "../src/store/store.ts";
import { temporaryDirectory } from "./directory.ts";

const token = "the-token";

export interface RestApp {
  readonly app: Hono;
  readonly store: DuckDbStore;
  /** A request with the token; the body is sent as JSON. */
  readonly call: (method: string, path: string, body?: unknown) => Promise<Response>;
  /** The status and the body of an answer. */
  readonly json: (method: string, path: string, body?: unknown) => Promise<[number, unknown]>;
}

/** The REST interface over an empty workspace; close its store afterwards. */
export const openRestApp = async (): Promise<RestApp> => {
  const store = await DuckDbStore.open({ directory: await temporaryDirectory(), readOnly: false });
  const principal = { clientId: "me", clientSecret: "secret" };
  const app = createApp(store, { token, principal });
  const call: RestApp["call"] = async (method, path, body) =>
    app.request(path, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  return {
    app,
    store,
    call,
    json: async (method, path, body) => {
      const answer = await call(method, path, body);
      return [answer.status, await answer.json()];
    },
  };
};
