import { setDefaultResultOrder } from "node:dns";
import { performance } from "node:perf_hooks";
import { SpanStatusCode } from "@opentelemetry/api";
import { startSpan, trace, withSpan, type CapturePolicy } from "@tracelake/tracing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inputs, outputs, startRecorder } from "../../../test/support/span-recorder.ts";

const png = `data:image/png;base64,${Buffer.from(Array.from({ length: 3000 }, (_, n) => (n * 7919) % 251)).toString("base64")}`;

describe("capture policy", () => {
  it("records no content when it is off, and still types, times and errors", () => {
    const recorder = startRecorder({ content: false });
    expect(() =>
      withSpan({ name: "off", inputs: "secret" }, (span) => {
        span.setContentAttribute("mlflow.chat.tools", ["secret"]);
        span.setContentAttribute("instructions", "secret");
        span.addEvent("e", { text: "secret", n: 1 });
        throw new TypeError("secret");
      }),
    ).toThrow("secret");
    const span = recorder.span("off");
    expect(JSON.stringify([span.attributes, span.events.map((event) => event.attributes), span.status])).not.toContain(
      "secret",
    );
    expect(span.status.message).toBe("TypeError");
    expect(span.events[0]?.attributes).toEqual({ n: 1 });
  });

  it("keeps text of a content attribute plain, and a failure that came as data readable", () => {
    const recorder = startRecorder();
    withSpan({ name: "data" }, (span) => {
      span.setContentAttribute("instructions", "be brief");
      span.recordException({ name: "server_error", message: "try again" });
    });
    const { attributes, status } = recorder.span("data");
    expect([attributes["instructions"], status.message]).toEqual(["be brief", "server_error: try again"]);
  });

  it("records the text of a status as it does that of an error", () => {
    const record = (policy: Partial<CapturePolicy>) => {
      const recorder = startRecorder(policy);
      startSpan({ name: "failed" }).setStatus("ERROR", "a secret told twice").end();
      return recorder.span("failed").status;
    };
    const code = SpanStatusCode.ERROR;
    expect(record({})).toEqual({ code, message: "a secret told twice" });
    expect(record({ content: false })).toEqual({ code });
    expect(record({ content: false, redact: (value) => value })).toEqual({ code });
    expect(record({ redact: () => "***" })).toEqual({ code, message: "***" });
    expect(record({ maxValueBytes: 8 })).toEqual({
      code,
      message: expect.stringMatching(/^a secret… \[truncated \d+ bytes\]$/),
    });
  });

  it("redacts a copy, everywhere, and never lets a value pass that could not be redacted", () => {
    const recorder = startRecorder({
      redact: (value, { field }) => {
        if (field === "outputs") throw new Error("broken redaction");
        return JSON.parse(JSON.stringify(value).replaceAll("hunter2", "***")) as typeof value;
      },
    });
    const argument = { password: "hunter2" };
    trace((input: object) => JSON.stringify(input), { name: "login" })(argument);
    expect(argument.password).toBe("hunter2");
    expect(inputs(recorder.span("login"))).toEqual({ input: { password: "***" } });
    expect(outputs(recorder.span("login"))).toBe("[Redaction failed]");
  });

  it("shows a redaction numbers and truth values of attributes and events too", () => {
    const seen: unknown[] = [];
    const recorder = startRecorder({
      redact: (value, { field, key }) => {
        if (field === "attribute" || field === "event") seen.push([field, key, value]);
        if (key === "broken") throw new Error("broken redaction");
        if (key === "structured") return { kind: "card" };
        return value === 4_111_111_111_111_111 ? "[card]" : value;
      },
    });
    const card = 4_111_111_111_111_111;
    withSpan({ name: "paid", attributes: { card, count: 3 } }, (span) => {
      span.setAttributes({ isPaid: true, broken: 5, structured: 6 });
      span.addEvent("charged", { card, isPaid: false, count: 4 });
    });
    const { attributes, events } = recorder.span("paid");
    expect(attributes).toMatchObject({
      card: "[card]",
      count: 3,
      isPaid: true,
      broken: "[Redaction failed]",
      structured: '{"kind":"card"}',
    });
    expect(events[0]?.attributes).toEqual({ card: "[card]", isPaid: false, count: 4 });
    expect(seen).toContainEqual(["attribute", "isPaid", true]);
    expect(seen).toContainEqual(["event", "count", 4]);
  });

  it("cuts long values by bytes, marks them and keeps the structure", () => {
    const recorder = startRecorder({ maxValueBytes: 2000 });
    withSpan({ name: "long", inputs: { messages: [{ role: "user", content: "é".repeat(5000) }] } }, () =>
      "x".repeat(10_000),
    );
    const recorded = inputs(recorder.span("long")) as { messages: { role: string; content: string }[] };
    expect(recorded.messages[0]?.role).toBe("user");
    expect(recorded.messages[0]?.content).toMatch(/^é+… \[truncated \d+ bytes\]$/);
    expect(Buffer.byteLength(String(recorder.span("long").attributes["mlflow.spanInputs"]))).toBeLessThanOrEqual(2000);
    expect(outputs(recorder.span("long"))).toMatch(/^x+… \[truncated \d+ bytes\]$/);
  });

  it("cuts no text that the mark of the cut would make longer", () => {
    const recorder = startRecorder({ maxValueBytes: 500 });
    const labels = Array.from({ length: 30 }, (_, n) => `label ${n}`);
    withSpan({ name: "short", inputs: { labels, content: "x".repeat(2000) } }, () => null);
    const recorded = inputs(recorder.span("short")) as { labels: string[]; content: string };
    expect(recorded.labels).toEqual(labels);
    expect(recorded.content).toMatch(/^x+… \[truncated \d+ bytes\]$/);
    expect(Buffer.byteLength(String(recorder.span("short").attributes["mlflow.spanInputs"]))).toBeLessThanOrEqual(500);
  });

  it("keeps a structure that has room only for the marks of what was cut", () => {
    const recorder = startRecorder({ maxValueBytes: 500 });
    withSpan({ name: "many", inputs: Array.from({ length: 12 }, () => "x".repeat(200)) }, () => null);
    const recorded = inputs(recorder.span("many")) as string[];
    expect(recorded).toHaveLength(12);
    for (const text of recorded) expect(text).toMatch(/^x*… \[truncated \d+ bytes\]$/);
  });

  it("replaces media by kind, size and hash unless it is to be kept", () => {
    const recorder = startRecorder();
    withSpan(
      { name: "vision", inputs: { image_url: { url: png }, raw: Buffer.from("abc"), prose: "word ".repeat(500) } },
      () => null,
    );
    const recorded = inputs(recorder.span("vision")) as { image_url: { url: string }; raw: string; prose: string };
    expect(recorded.image_url.url).toMatch(/^\[image\/png, 3000 bytes, sha256 [0-9a-f]{64}\]$/);
    expect(recorded.raw).toBe(
      "[binary, 3 bytes, sha256 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad]",
    );
    expect(recorded.prose).toBe("word ".repeat(500));
    const keeping = startRecorder({ media: "keep" });
    withSpan({ name: "vision", inputs: png }, () => null);
    expect(inputs(keeping.span("vision"))).toBe(png);
  });
});

describe("hostile arguments", () => {
  const circular: Record<string, unknown> = { name: "loop" };
  circular["self"] = circular;
  const throwing = {
    good: 1,
    get bad(): never {
      throw new Error("no");
    },
  };
  const hostileProxy = new Proxy(
    {},
    {
      ownKeys: () => {
        throw new Error("trap");
      },
      get: () => {
        throw new Error("trap");
      },
      has: () => {
        throw new Error("trap");
      },
    },
  );
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();

  it.each<[string, unknown, unknown]>([
    ["circular", circular, { name: "loop", self: "[Circular]" }],
    ["BigInt", { small: 5n, large: 2n ** 70n }, { small: 5, large: String(2n ** 70n) }],
    ["a throwing getter", throwing, { good: 1, bad: "[Unreadable: no]" }],
    ["a hostile proxy", hostileProxy, "[Unreadable: trap]"],
    ["a revoked proxy", revoked.proxy, expect.stringContaining("[Unreadable")],
    [
      "a toJSON that throws",
      {
        toJSON() {
          throw new Error("mine");
        },
      },
      "[Unreadable: mine]",
    ],
    [
      "functions, symbols and undefined",
      { f() {}, s: Symbol("s"), u: undefined, list: [undefined, setDefaultResultOrder] },
      { list: [null, "[Function: setDefaultResultOrder]"] },
    ],
    [
      "maps, sets, dates, errors and non-finite numbers",
      { m: new Map([["k", 1]]), s: new Set([1]), d: new Date(0), e: new TypeError("t"), n: Number.NaN },
      { m: { k: 1 }, s: [1], d: "1970-01-01T00:00:00.000Z", e: { name: "TypeError", message: "t" }, n: "NaN" },
    ],
    [
      "__proto__ as a key",
      JSON.parse('{"__proto__": {"polluted": true}}'),
      JSON.parse('{"__proto__": {"polluted": true}}'),
    ],
  ])("%s reach the function unchanged and are recorded readably", (_, argument, recorded) => {
    const recorder = startRecorder();
    const same = trace((value: unknown) => [value], { name: "call" })(argument);
    expect(Object.is(same[0], argument)).toBe(true);
    expect(inputs(recorder.span("call"))).toEqual({ value: recorded });
  });

  it("cannot make the recording throw, whatever they are", () => {
    const recorder = startRecorder({ maxValueBytes: 500 });
    const call = trace((value: unknown) => value, { name: "any" });
    let calls = 0;
    fc.assert(
      fc.property(
        fc.anything({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withSet: true,
          withTypedArray: true,
          withSparseArray: true,
          withNullPrototype: true,
        }),
        (value) => {
          calls++;
          expect(Object.is(call(value), value)).toBe(true);
        },
      ),
    );
    expect(recorder.spans()).toHaveLength(calls);
    for (const span of recorder.spans()) expect(() => inputs(span)).not.toThrow();
  });

  it("of 10 MB cost less than a few times what JSON.stringify of them costs", () => {
    const recorder = startRecorder();
    const large = { text: "lorem ipsum ".repeat(900_000) };
    const time = (action: () => unknown): number => {
      const start = performance.now();
      action();
      return performance.now() - start;
    };
    const call = trace((value: unknown) => value !== null, { name: "large" });
    const ratios = Array.from({ length: 5 }, () => time(() => call(large)) / time(() => JSON.stringify(large)));
    expect(Math.min(...ratios)).toBeLessThan(8);
    expect(recorder.spans()).toHaveLength(5);
  });
});
