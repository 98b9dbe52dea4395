import type { Credentials } from "./credentials.ts";
import { Secret } from "./secret.ts";

/** The interface that `Config` of Databricks' own SDK for JavaScript has. */
export interface HeaderAuthenticator {
  /** Sets `Authorization` on the headers. */
  authenticate(headers: Headers): Promise<void> | void;
}

const unchangeable = (): void => {};

/** A personal access token, or any other that stays as it is. */
export const fixedToken = (token: string, source: string): Credentials => {
  const secret = new Secret(token);
  return { source, authorization: async () => `Bearer ${secret.reveal()}`, invalidate: unchangeable };
};

/** A function of the application's that is asked before every request. */
export const providedToken = (provide: () => Promise<string> | string, source: string): Credentials => ({
  source,
  authorization: async () => `Bearer ${await provide()}`,
  invalidate: unchangeable,
});

/** An object of Databricks' SDK, which brings Azure's, Google's and every other way to authenticate. */
export const authenticatorCredentials = (authenticator: HeaderAuthenticator, source: string): Credentials => ({
  source,
  authorization: async () => {
    const headers = new Headers();
    await authenticator.authenticate(headers);
    return headers.get("authorization") ?? "";
  },
  invalidate: unchangeable,
});
