/** Whatever answers what the `Authorization` header of the next request must be. */
export interface Credentials {
  /** Named in messages: where the credentials came from. Never a secret. */
  readonly source: string;
  /** Rejects where no token can be had, with whatever it is that an application's own function fails with. */
  authorization(): Promise<string>;
  /** Says that the workspace refused this header, so that the next one carries a new token. */
  invalidate(authorization: string): void;
}

/** A token as it was issued. */
export interface IssuedToken {
  readonly token: string;
  /** Milliseconds since 1970; `undefined` where the issuer does not say. */
  readonly expiresAtMillis: number | undefined;
}
