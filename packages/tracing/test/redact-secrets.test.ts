import { performance } from "node:perf_hooks";
import { redactSecrets, startSpan, updateCurrentTrace, withSpan, entryOf } from "@tracelake/tracing";
import { afterEach, describe, expect, it, vi } from "vitest";
import { harmlessTexts, secretCorpus } from "../../../test/support/secret-corpus.ts";
import { inputs, startRecorder } from "../../../test/support/span-recorder.ts";

afterEach(() => vi.restoreAllMocks());

const surroundings: readonly ((secret: string) => string)[] = [
  (secret) => secret,
  (secret) => `before ${secret} after`,
  (secret) => JSON.stringify({ nested: [secret] }),
  (secret) => `${"long text ".repeat(20_000)}${secret}\n${"more ".repeat(20_000)}`,
  (secret) => `<p>${secret}</p>, (${secret}); '${secret}'`,
];

describe("redacting secrets", () => {
  it.each(secretCorpus)("replaces a $kind wherever it stands", ({ written, secret }) => {
    for (const surround of surroundings) {
      const redacted = redactSecrets(surround(written));
      expect(redacted).not.toContain(secret);
      expect(redacted).toContain("[redacted ");
    }
  });

  it("leaves everything around them as it was", () => {
    const [token] = secretCorpus;
    expect(redactSecrets(`a ${token?.written}, b ${token?.written}`)).toBe(
      "a [redacted databricks-token], b [redacted databricks-token]",
    );
    expect(redactSecrets("mongodb://ada:pa55@ss@host/db")).toBe("mongodb[redacted url-credentials]host/db");
  });

  it.each(harmlessTexts)("changes nothing of what is none: %s", (text) => {
    expect(redactSecrets(text)).toBe(text);
  });

  it("replaces what a property's name says is a secret, and keeps the schema of one", () => {
    const properties = {
      password: { type: "string", description: "of the user" },
      id_token: { type: ["string", "null"] },
      api_key: { $ref: "#/$defs/key" },
      secret: { anyOf: [{ type: "STRING" }] },
      client_secret: { type: "STRING" },
    };
    const schema = { type: "object", properties };
    expect(
      redactSecrets({
        Password: "x",
        "API-Key": 12,
        clientSecret: ["x"],
        authorization: null,
        credentials: { authorization: { type: "bearer", token: "x" }, password: { description: "hunter2" } },
        usage: { input_tokens: 3 },
        tools: [schema],
        card: 4111111111111111,
        count: 4111111111111112,
        [secretCorpus[0]?.written ?? ""]: true,
      }),
    ).toEqual({
      Password: "[redacted assigned-secret]",
      "API-Key": "[redacted assigned-secret]",
      clientSecret: "[redacted assigned-secret]",
      authorization: null,
      credentials: { authorization: "[redacted assigned-secret]", password: "[redacted assigned-secret]" },
      usage: { input_tokens: 3 },
      tools: [schema],
      card: "[redacted card-number]",
      count: 4111111111111112,
      "[redacted databricks-token]": true,
    });
  });

  it("is done once: what was redacted stays as it is", () => {
    const once = redactSecrets(secretCorpus.map(({ written }) => written));
    expect(redactSecrets(once)).toEqual(once);
  });

  const fillers = ["a", "1 ", "4111 ", "eyJa", "eyJa.", "Bearer ", "Basic QWxh", "sk-", "ghp_", "://a:", "-----BEGIN "];
  const moreFillers = [
    ["-----BEGIN PRIVATE", "KEY-----"].join(" "),
    "SG.a",
    "password: ",
    "AA11 ",
    "DE89 3704 ",
    "-us1",
    "Q~8Q~",
    " ",
  ];

  it.each([...fillers, ...moreFillers, "AKIA", "&sig=", ":AA", "xoxb-"])(
    "takes time in proportion to the text, also for 2 MB of %j",
    (filler) => {
      const timed = (bytes: number): number => {
        const text = filler.repeat(Math.ceil(bytes / filler.length));
        const times = Array.from({ length: 3 }, () => {
          // Of the processor, so that what else the machine does counts less.
          const before = process.cpuUsage();
          redactSecrets(text);
          return process.cpuUsage(before).user;
        });
        return Math.min(...times);
      };
      timed(64 * 1024);
      let ratio = Number.POSITIVE_INFINITY;
      // Other work on the machine makes single measurements too long, never too short. The square would be 4.
      for (let attempt = 0; attempt < 6 && ratio > 3; attempt++) ratio = timed(2 * 1024 * 1024) / timed(1024 * 1024);
      expect(ratio).toBeLessThanOrEqual(3);
    },
  );

  it("sees everything that is recorded of a call", () => {
    const recorder = startRecorder({ redact: redactSecrets });
    const secret = secretCorpus[0]?.written ?? "";
    withSpan({ name: "in", inputs: { q: secret }, attributes: { a: secret, deep: [secret] } }, (span) => {
      updateCurrentTrace({
        tags: { t: secret },
        metadata: { m: secret },
        session: secret,
        user: secret,
        clientRequestId: secret,
        requestPreview: secret,
        responsePreview: secret,
      });
      span.addEvent("e", { text: secret, list: [secret] });
      span.setContentAttribute("tools", [secret]);
      span.setStatus("ERROR", `said ${secret}`);
      return { answer: secret };
    });
    const failed = startSpan({ name: "failed" });
    failed.recordException(new Error(`rejected ${secret}`, { cause: new Error(secret) }));
    failed.end();
    const { tags, metadata, clientRequestId, requestPreview, responsePreview } =
      entryOf(recorder.span("in"))?.trace ?? {};
    const recorded = recorder.spans().map(({ attributes, events, status }) => ({ attributes, events, status }));
    const said = [...(tags ?? []), ...(metadata ?? []), clientRequestId, requestPreview, responsePreview];
    expect(JSON.stringify([recorded, said])).not.toContain(secret.slice(4));
    expect(clientRequestId).toContain("[redacted ");
    expect(recorder.span("failed").status.message).toBe("Error: rejected [redacted databricks-token]");
  });
});

describe("a redaction that does not work", () => {
  it.each([
    [
      "throws",
      (): never => {
        throw new Error("broken");
      },
      "[Redaction failed]",
    ],
    ["is asynchronous", () => Promise.reject(new Error("broken")) as never, "[Redaction failed]"],
    ["returns nothing", () => undefined as never, null],
    ["returns a function", () => (() => "secret") as never, "[Function: anonymous]"],
  ])("records a marker and keeps the span where it %s", (_, redact, expected) => {
    const recorder = startRecorder({ redact });
    expect(withSpan({ name: "kept", inputs: "secret" }, () => "result")).toBe("result");
    const { attributes } = recorder.span("kept");
    expect(inputs(recorder.span("kept"))).toEqual(expected);
    expect(JSON.stringify(attributes)).not.toContain("secret");
  });

  it("is not asked for a minute where it was slow three times in a row", () => {
    let now = 1_000;
    vi.spyOn(performance, "now").mockImplementation(() => now);
    const asked: unknown[] = [];
    const recorder = startRecorder({
      redact: (value) => {
        asked.push(value);
        now += 60;
        return "redacted";
      },
    });
    const record = (name: string) => {
      startSpan({ name, inputs: name }).end();
      return inputs(recorder.span(name));
    };
    expect(["a", "b", "c", "d"].map(record)).toEqual(["redacted", "redacted", "redacted", "[Redaction too slow]"]);
    now += 60_000;
    expect(["e", "f"].map(record)).toEqual(["redacted", "[Redaction too slow]"]);
    expect(asked).toEqual(["a", "b", "c", "e"]);
  });
});
