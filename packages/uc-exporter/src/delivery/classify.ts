/** What an answer, or its absence, means for the records that were sent. */
export const SendClass = {
  /** The destination has them. */
  TAKEN: "taken",
  /** The same request may succeed soon. */
  TRANSIENT: "transient",
  /** Like transient, but it will take a while: a name that does not resolve. */
  TRANSIENT_SLOW: "transient_slow",
  /** The destination failed on this request; OTLP would give it up, we try a few times. */
  SERVER_ERROR: "server_error",
  /** Too many requests. */
  THROTTLED: "throttled",
  /** The body is larger than the destination takes. */
  TOO_LARGE: "too_large",
  /** Something in the body is invalid. */
  BAD_DATA: "bad_data",
  /** The credentials were refused. */
  UNAUTHENTICATED: "unauthenticated",
  /** The compression may be what is refused. */
  UNSUPPORTED_FORM: "unsupported_form",
  /** Somebody has to change a setting, a grant or a table. */
  CONFIGURATION: "configuration",
} as const;
export type SendClass = (typeof SendClass)[keyof typeof SendClass];

const byStatus: Readonly<Record<number, SendClass>> = {
  400: SendClass.BAD_DATA,
  401: SendClass.UNAUTHENTICATED,
  403: SendClass.CONFIGURATION,
  404: SendClass.CONFIGURATION,
  406: SendClass.UNSUPPORTED_FORM,
  408: SendClass.TRANSIENT,
  409: SendClass.TRANSIENT,
  413: SendClass.TOO_LARGE,
  415: SendClass.UNSUPPORTED_FORM,
  422: SendClass.BAD_DATA,
  425: SendClass.TRANSIENT,
  429: SendClass.THROTTLED,
  431: SendClass.CONFIGURATION,
  499: SendClass.TRANSIENT,
  500: SendClass.SERVER_ERROR,
  501: SendClass.CONFIGURATION,
  505: SendClass.CONFIGURATION,
};

/**
 * What a status means. OTLP retries 429, 502, 503 and 504 only; 408, 409, 425, 499, the 52x of proxies and, a few times,
 * 500 are retried here as well: a span that is stored twice can be told by its ids, one that is lost cannot be brought
 * back.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#failures-1
 */
export const classifyStatus = (status: number): SendClass => {
  if (status >= 200 && status < 300) return SendClass.TAKEN;
  const known = byStatus[status];
  if (known !== undefined) return known;
  // A redirect is not followed, since it would carry the token to another host.
  if (status >= 300 && status < 500) return SendClass.CONFIGURATION;
  return SendClass.TRANSIENT;
};

const configurationCodes =
  /CERT|SSL|TLS|UNABLE_TO_VERIFY|SELF_SIGNED|HOSTNAME_MISMATCH|ERR_INVALID|ERR_UNESCAPED|EPROTO/;

/** What the system's error code of a request without an answer means. */
export const classifyFailure = (code: string): SendClass => {
  if (code === "ENOTFOUND") return SendClass.TRANSIENT_SLOW;
  return configurationCodes.test(code) ? SendClass.CONFIGURATION : SendClass.TRANSIENT;
};
