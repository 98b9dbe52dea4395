import type { Credentials, IssuedToken } from "./credentials.ts";
import { Secret } from "./secret.ts";

interface KeptToken {
  readonly secret: Secret;
  readonly issuedAtMillis: number;
  readonly expiresAtMillis: number | undefined;
  /** It was fetched because the workspace had refused the one before. */
  readonly isForced: boolean;
}

export interface TokenKeeperOptions {
  readonly source: string;
  /** Asks the issuer for a token. */
  readonly issue: () => Promise<IssuedToken>;
  readonly nowMillis?: () => number;
}

// The Databricks SDKs refresh in the background from here on, and never earlier than at half of a token's life.
const longestStaleWindowMillis = 20 * 60_000;
// A token that ends while the request is on its way is refused.
const expiryMarginMillis = 40_000;
// Between two refreshes in the background, the first of which may have failed: the token at hand is still good.
const refreshPauseMillis = 60_000;
// A new token that is refused at once as well is not the token's fault.
const shortestForcedMillis = 30_000;
const usualLifeMillis = 10 * 60_000;

/**
 * Keeps one token and replaces it in time: in the background while it is stale, at once when it is expired or was
 * refused. However many ask, the issuer is asked once.
 */
export class TokenKeeper implements Credentials {
  readonly source: string;
  readonly #issue: () => Promise<IssuedToken>;
  readonly #nowMillis: () => number;
  #kept: KeptToken | undefined;
  #isRefused = false;
  #pending: Promise<KeptToken> | undefined;
  #noRefreshBeforeMillis = 0;

  constructor({ source, issue, nowMillis = Date.now }: TokenKeeperOptions) {
    this.source = source;
    this.#issue = issue;
    this.#nowMillis = nowMillis;
  }

  async authorization(): Promise<string> {
    const kept = this.#kept;
    if (kept === undefined || this.#isRefused || this.#isExpired(kept)) return headerOf(await this.#renew());
    if (this.#isStale(kept) && this.#nowMillis() >= this.#noRefreshBeforeMillis) {
      this.#noRefreshBeforeMillis = this.#nowMillis() + refreshPauseMillis;
      this.#renew().catch(() => undefined);
    }
    return headerOf(kept);
  }

  invalidate(authorization: string): void {
    const kept = this.#kept;
    if (kept === undefined || headerOf(kept) !== authorization) return;
    if (kept.isForced && this.#nowMillis() - kept.issuedAtMillis < shortestForcedMillis) return;
    this.#isRefused = true;
  }

  #isExpired({ expiresAtMillis, issuedAtMillis }: KeptToken): boolean {
    if (expiresAtMillis === undefined) return false;
    const margin = Math.min(expiryMarginMillis, (expiresAtMillis - issuedAtMillis) / 2);
    return this.#nowMillis() >= expiresAtMillis - margin;
  }

  #isStale({ expiresAtMillis, issuedAtMillis }: KeptToken): boolean {
    const endMillis = expiresAtMillis ?? issuedAtMillis + usualLifeMillis;
    const windowMillis = Math.min((endMillis - issuedAtMillis) / 2, longestStaleWindowMillis);
    return this.#nowMillis() >= endMillis - windowMillis;
  }

  #renew(): Promise<KeptToken> {
    const isForced = this.#isRefused;
    this.#pending ??= this.#fetch(isForced).finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  async #fetch(isForced: boolean): Promise<KeptToken> {
    const { token, expiresAtMillis } = await this.#issue();
    this.#kept = { secret: new Secret(token), issuedAtMillis: this.#nowMillis(), expiresAtMillis, isForced };
    this.#isRefused = false;
    return this.#kept;
  }
}

const headerOf = ({ secret }: KeptToken): string => `Bearer ${secret.reveal()}`;
