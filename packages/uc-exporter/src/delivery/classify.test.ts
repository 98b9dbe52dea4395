import { describe, expect, it } from "vitest";
import { classifyFailure, classifyStatus, SendClass } from "./classify.ts";

describe("what an answer means", () => {
  it.each([
    [[200, 202, 204], SendClass.TAKEN],
    [[301, 302, 307, 308, 403, 404, 405, 431, 451, 501, 505], SendClass.CONFIGURATION],
    [[400, 422], SendClass.BAD_DATA],
    [[401], SendClass.UNAUTHENTICATED],
    [[406, 415], SendClass.UNSUPPORTED_FORM],
    [[408, 409, 425, 499, 502, 503, 504, 520, 522, 524, 529], SendClass.TRANSIENT],
    [[413], SendClass.TOO_LARGE],
    [[429], SendClass.THROTTLED],
    [[500], SendClass.SERVER_ERROR],
  ])("of %j: %s", (statuses, expected) => {
    for (const status of statuses) expect([status, classifyStatus(status)]).toEqual([status, expected]);
  });

  it.each([
    [["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "EAI_AGAIN", "ENETUNREACH", ""], SendClass.TRANSIENT],
    [["ENOTFOUND"], SendClass.TRANSIENT_SLOW],
    [
      [
        "CERT_HAS_EXPIRED",
        "DEPTH_ZERO_SELF_SIGNED_CERT",
        "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
        "ERR_TLS_CERT_ALTNAME_INVALID",
        "ERR_INVALID_CHAR",
      ],
      SendClass.CONFIGURATION,
    ],
  ])("of no answer, with %j: %s", (codes, expected) => {
    for (const code of codes) expect([code, classifyFailure(code)]).toEqual([code, expected]);
  });
});
