import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startRecordingServer } from "../../test/recording-server.ts";
import { SendClass } from "../delivery/classify.ts";
import { RecordKind } from "../pipeline/ledger.ts";
import { sendRequest } from "./send-request.ts";

let server: Awaited<ReturnType<typeof startRecordingServer>>;
beforeEach(async () => {
  server = await startRecordingServer(({ headers }) => ({
    status: headers.authorization === "Bearer new" ? 200 : 401,
  }));
});
afterEach(() => server.close());

const sendWith = (tokens: readonly string[]) => {
  const left = [...tokens];
  const connection = {
    baseUrl: server.url,
    credentialSource: "the test",
    authorization: () => `Bearer ${left[0] ?? ""}`,
    invalidate: () => void left.shift(),
  };
  const { signal } = new AbortController();
  const batch = { kind: RecordKind.SPANS, body: Buffer.from("spans"), isCompressed: false, signal };
  return sendRequest(connection, { path: "/v1/traces", purpose: "Writing spans" }, batch);
};

const sentTokens = () => server.requests.map(({ headers }) => headers.authorization);

describe("a batch whose token is refused", () => {
  it("is sent once more with another one", async () => {
    expect(await sendWith(["old", "new"])).toMatchObject({ class: SendClass.TAKEN });
    expect(sentTokens()).toEqual(["Bearer old", "Bearer new"]);
  });

  it("is not sent again where there is no other one", async () => {
    expect(await sendWith(["old", "old"])).toMatchObject({ class: SendClass.UNAUTHENTICATED });
    expect(sentTokens()).toEqual(["Bearer old"]);
  });
});
