import { describe, expect, test } from "vitest";
import { runApp } from "./harness/app.ts";
import { drain, expectNothingLost, judge } from "./harness/judge.ts";
import { isNightly, prepare } from "./harness/test-site.ts";

const megabyte = 1024 * 1024;

/** Values that have broken serializers before, as an expression each. */
const hostileValues: readonly string[] = [
  "12n",
  "Symbol('s')",
  "() => 1",
  "class A {}",
  "(() => { const a = {}; a.self = a; return a; })()",
  "(() => { const a = []; a.push(a); return a; })()",
  "({ get secret() { throw new Error('getter'); } })",
  "({ toJSON() { throw new Error('toJSON'); } })",
  "({ toJSON() { return 5n; } })",
  "({ toString() { throw new Error('toString'); } })",
  "({ [Symbol.toPrimitive]() { throw new Error('primitive'); } })",
  "new Proxy({}, { get() { throw new Error('get'); } })",
  "new Proxy({}, { ownKeys() { throw new Error('keys'); } })",
  "new Proxy([], { get() { throw new Error('get'); } })",
  "(() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy; })()",
  "(() => { const { proxy, revoke } = Proxy.revocable([], {}); revoke(); return proxy; })()",
  "'\\ud800'",
  "['\\udfff', 'ok']",
  'JSON.parse(\'{"__proto__": {"polluted": true}}\')',
  'JSON.parse(\'{"constructor": {"prototype": {"polluted": true}}}\')',
  "Object.create(null)",
  "NaN",
  "-0",
  "Infinity",
  "new Date(NaN)",
  "new Map([[{}, 1]])",
  "new Set([1n])",
  "new WeakMap()",
  "Promise.reject(new Error('nobody')).catch(() => {}) && Promise.resolve(1)",
  "new Error('x', { cause: 12n })",
  "Object.assign(new Error('y'), { get: 1, message: undefined })",
  "new ArrayBuffer(8)",
  "new DataView(new ArrayBuffer(8))",
  "new Float64Array([NaN, 1])",
  "Buffer.alloc(1000, 255)",
  "new URL('http://127.0.0.1/')",
  "/regex/g",
  "globalThis",
  "process",
  "null",
  "undefined",
  "true",
  "''",
  "'\\u0000'",
  "'x'.repeat(1_000_000)",
  "Array(1000).fill(null)",
  "Array(5)",
  "[1, 'two', true, null, undefined]",
  "Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => ['k' + n, n]))",
  "(() => { let a = {}; for (let n = 0; n < 100_000; n++) a = { a }; return a; })()",
  "(() => { let a = []; for (let n = 0; n < 100_000; n++) a = [a]; return a; })()",
  "Number.MAX_SAFE_INTEGER + 2",
  "2n ** 70n",
  "Number.MIN_VALUE",
  "Object.defineProperty({}, 'hidden', { get() { throw new Error('hidden'); }, enumerable: true })",
  "new (class { get [Symbol.toStringTag]() { throw new Error('tag'); } })()",
  "new Intl.NumberFormat()",
  "Object.freeze({ a: Object.freeze([1]) })",
  "async function* () {}",
  "new Response('x')",
  "new AbortController().signal",
];

/** Every place of a span that takes a value from the application, as a statement with `value`. */
const places: Readonly<Record<string, string>> = {
  inputs: "tracelake.startSpan({ name: 'h', inputs: value }).end()",
  outputs: "tracelake.startSpan({ name: 'h' }).end({ outputs: value })",
  attribute: "tracelake.startSpan({ name: 'h', attributes: { value } }).end()",
  attributes: "tracelake.startSpan({ name: 'h', attributes: value }).end()",
  name: "tracelake.startSpan({ name: value }).end()",
  "span type": "tracelake.startSpan({ name: 'h', spanType: value }).end()",
  event:
    "{ const span = tracelake.startSpan({ name: 'h' }); span.addEvent('e', { value }); span.addEvent(value, value); span.end(); }",
  exception: "{ const span = tracelake.startSpan({ name: 'h' }); span.recordException(value); span.end(); }",
  "token usage": "{ const span = tracelake.startSpan({ name: 'h' }); span.setTokenUsage(value); span.end(); }",
  "trace update":
    "tracelake.withSpan({ name: 'h' }, () => tracelake.updateCurrentTrace({ tags: { value }, metadata: value, session: value, user: value }))",
  "raw attribute": "raw.startSpan('h').setAttribute('value', value).end()",
  "raw JSON attribute": "raw.startSpan('h').setAttribute('mlflow.spanInputs', value).end()",
  "raw name": "raw.startSpan(value).end()",
  "raw link":
    "raw.startSpan('h', { links: [{ context: value }, { context: { traceId: value, spanId: value } }] }).end()",
  "raw end time": "raw.startSpan('h').end(value)",
};

const isReadable = (value: unknown): value is { readonly thrown: readonly string[]; readonly polluted: unknown } =>
  typeof value === "object" && value !== null && "thrown" in value;

describe("F13: hostile values", () => {
  test.concurrent.each(Object.keys(places))("as %s: nothing throws, and the neighbours arrive", async (place) => {
    const { site, sink } = await prepare();
    const options = { site, host: sink.url } as const;
    const script = `
      tracelake.start();
      const sdk = await openTelemetry();
      const processor = new tracelake.UnityCatalogSpanProcessor();
      const provider = new sdk.BasicTracerProvider({ spanProcessors: [processor] });
      // What OpenTelemetry's own SDK does with a value is its own affair; ours is the processor behind it.
      const otelThrows = new Set();
      const raw = provider.getTracer("raw");
      const values = [${hostileValues.map((expression) => `() => (${expression})`).join(",\n")}];
      const thrown = [];
      for (const [index, make] of values.entries()) {
        issue();
        const value = make();
        try { ${places[place] ?? ""}; } catch (error) { thrown.push(index + ": " + error?.stack); }
        issue();
      }
      const stats = await tracelake.flush({ timeoutMillis: 20_000 });
      await processor.shutdown();
      say({ thrown, polluted: ({}).polluted, stats });
      process.exit();`;
    const { said, code } = await runApp({ ...options, script });
    expect(code).toBe(0);
    const outcome = said.find(isReadable);
    // A value that OpenTelemetry's SDK itself throws on never reaches us.
    const ours = (outcome?.thrown ?? ["nothing was said"]).filter(
      (stack) => !/sdk-trace|opentelemetry\/(core|api)/.test(stack),
    );
    expect(ours).toEqual([]);
    expect(outcome?.polluted).toBeUndefined();
    await drain(sink, options);
    const verdict = judge(site, sink);
    expect(verdict.missingAccepted).toEqual([]);
    expect(verdict.damaged).toEqual([]);
    expect(verdict.violations).toEqual([]);
  });

  test("a value that changes after it was given arrives as it was", async () => {
    const { site, sink } = await prepare();
    sink.bodies = [];
    const script = `tracelake.start();
      const messages = [{ role: "user", content: "before" }];
      const span = tracelake.startSpan({ name: "h", inputs: { messages }, attributes: { "fault.id": "late" } });
      messages[0].content = "after"; messages.push({ role: "user", content: "added" });
      span.end(); messages.length = 0;
      await tracelake.flush();`;
    expect(await runApp({ site, host: sink.url, script })).toMatchObject({ code: 0 });
    const sent = sink.bodies.map((body) => body.toString("latin1")).join();
    expect(sent).toContain("before");
    expect(sent).not.toMatch(/after|added/);
  });
});

describe("F12: giant spans", () => {
  const sizes = [8, 16, 64, ...(isNightly ? [300] : [])];

  test.each(sizes)("%i MiB of inputs: nothing throws, the neighbours arrive", async (size) => {
    const { site, sink } = await prepare(({ body, isSpans }) =>
      isSpans && body.length > 20 * megabyte ? { status: 413 } : undefined,
    );
    const options = { site, host: sink.url } as const;
    const script = `tracelake.start();
      for (let n = 0; n < 10; n++) issue();
      tracelake.startSpan({ name: "giant", inputs: { text: "x".repeat(${size} * ${megabyte}) }, attributes: { "fault.id": "giant" } }).end();
      for (let n = 0; n < 10; n++) issue();
      await tracelake.flush({ timeoutMillis: 30_000 }); say({ stats: figures() });`;
    expect(await runApp({ ...options, script })).toMatchObject({ code: 0 });
    await drain(sink, options);
    sink.arrivals.spans.delete("giant");
    expectNothingLost(site, sink);
  });

  test.each(sizes)("%i MiB in an attribute of somebody's own OpenTelemetry: cut, marked and counted", async (size) => {
    const { site, sink } = await prepare(({ body, isSpans }) =>
      isSpans && body.length > 20 * megabyte ? { status: 413 } : undefined,
    );
    const options = { site, host: sink.url } as const;
    const script = `const sdk = await openTelemetry();
      const processor = new tracelake.UnityCatalogSpanProcessor();
      const provider = new sdk.BasicTracerProvider({ spanProcessors: [processor] });
      const raw = provider.getTracer("raw");
      for (let n = 0; n < 10; n++) issueRaw(raw);
      raw.startSpan("giant", { attributes: { "fault.id": "giant", text: "x".repeat(${size} * ${megabyte}) } }).end();
      for (let n = 0; n < 10; n++) issueRaw(raw);
      say({ result: await processor.flush(30_000), stats: processor.stats() });
      await processor.shutdown();`;
    const { said, code } = await runApp({ ...options, script });
    expect(code).toBe(0);
    const stats = (said.at(-1) as { readonly stats: { readonly exported: number; readonly accepted: number } }).stats;
    expect(stats.accepted).toBe(21);
    expect(stats.exported).toBeGreaterThanOrEqual(20);
    sink.arrivals.spans.delete("giant");
    expectNothingLost(site, sink);
  });

  test("50,000 attributes, 10,000 events: nothing throws, the neighbours arrive", async () => {
    const { site, sink } = await prepare();
    const script = `tracelake.start(); issue();
      const wide = tracelake.startSpan({ name: "wide", attributes: Object.fromEntries(Array.from({ length: 50_000 }, (_, n) => ["key" + n, n])) });
      for (let n = 0; n < 10_000; n++) wide.addEvent("event", { n });
      wide.setAttributes({ "fault.id": "wide" }); wide.end(); issue();
      await tracelake.flush({ timeoutMillis: 30_000 }); say({ stats: figures() });`;
    const { code } = await runApp({ site, host: sink.url, script });
    expect(code).toBe(0);
    sink.arrivals.foreign.length = 0;
    sink.arrivals.spans.delete("wide");
    expectNothingLost(site, sink);
  });
});
