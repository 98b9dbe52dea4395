import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { currentUser } from "../current-user.ts";

/** A service principal that may ask for tokens. */
export interface ServicePrincipal {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** How long a token that was asked for is good, as on Databricks. */
const lifetimeSeconds = 3600;

/** Far more than live clients ask for in that time. */
const mostTokens = 1000;

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
const equal = (given: string, expected: string): boolean => timingSafeEqual(digest(given), digest(expected));

/** A service principal with a new secret. */
export const newServicePrincipal = (): ServicePrincipal => ({
  clientId: "tracelake",
  clientSecret: randomBytes(24).toString("base64url"),
});

/** The tokens that a server accepts: its own, and those that its service principal was given. */
export class AccessTokens {
  readonly principal: ServicePrincipal;
  readonly #token: string | undefined;
  readonly #issued = new Map<string, number>();

  /** @param token none where the server asks for none. */
  constructor(token: string | undefined, principal: ServicePrincipal = newServicePrincipal()) {
    this.#token = token;
    this.principal = principal;
  }

  get areAsked(): boolean {
    return this.#token !== undefined;
  }

  /** Whose token it is; `undefined` where it is nobody's. */
  holder(given: string): string | undefined {
    if (this.#token !== undefined && equal(given, this.#token)) return currentUser;
    const end = this.#issued.get(given);
    return end !== undefined && Date.now() < end ? this.principal.clientId : undefined;
  }

  knows({ clientId, clientSecret }: ServicePrincipal): boolean {
    return equal(clientId, this.principal.clientId) && equal(clientSecret, this.principal.clientSecret);
  }

  issue(): { readonly token: string; readonly lifetimeSeconds: number } {
    const now = Date.now();
    for (const [token, end] of this.#issued) {
      if (end <= now || this.#issued.size >= mostTokens) this.#issued.delete(token);
    }
    const token = randomBytes(32).toString("base64url");
    this.#issued.set(token, now + lifetimeSeconds * 1000);
    return { token, lifetimeSeconds };
  }
}
