import { encodeExportResponse } from "@tracelake/wire";
import { afterEach, describe, expect, it } from "vitest";
import { startRecordingServer, type CannedAnswer } from "../../test/recording-server.ts";
import { RecordKind } from "../pipeline/ledger.ts";
import { createOtlpSink } from "./otlp-sink.ts";

const key = "sk-0123456789";
const headers = { "X-Api-Key": key, authorization: `Bearer ${key}-other`, "x-part": "1" };

let server: Awaited<ReturnType<typeof startRecordingServer>> | undefined;
afterEach(() => server?.close());

const sinkAt = (baseUrl: string, given: Readonly<Record<string, string>>) =>
  createOtlpSink({ baseUrl, credentialSource: "the `headers` option", authorization: () => undefined }, given);

const send = async (answer: CannedAnswer) => {
  server = await startRecordingServer(() => answer);
  const signal = new AbortController().signal;
  const body = new Uint8Array();
  return sinkAt(server.url, headers).send({ kind: RecordKind.SPANS, body, isCompressed: false, signal });
};

const said = `invalid API key ${key}, or ${key}-other, of part 1`;
const partialSuccess = encodeExportResponse({ partialSuccess: { rejected: 1n, errorMessage: said } });

describe("an OTLP endpoint", () => {
  it.each<[string, CannedAnswer]>([
    ["refuses", { status: 401, body: JSON.stringify({ message: said }) }],
    ["refuses in words of its own", { status: 400, body: said }],
    [
      "refuses a part of what it takes",
      {
        status: 200,
        headers: { "content-type": "application/x-protobuf" },
        body: Buffer.from(partialSuccess).toString("latin1"),
      },
    ],
  ])("that %s and repeats its credentials does not bring them into a message", async (_, answer) => {
    const { message } = await send(answer);
    expect(server?.requests[0]?.headers).toMatchObject({ "x-api-key": key });
    expect(message).toContain("invalid API key [redacted], or [redacted], of part 1");
    expect(message).not.toContain(key);
  });

  it("is another destination with other credentials", () => {
    const identityWith = (given: Readonly<Record<string, string>>): string => sinkAt("http://h/v1", given).identity;
    expect(identityWith({ a: "1", b: "2" })).toBe(identityWith({ B: "2", A: "1" }));
    const identities = [identityWith({ a: "1" }), identityWith({ a: "2" }), identityWith({ b: "1" }), identityWith({})];
    expect(new Set(identities).size).toBe(identities.length);
  });
});
