import { setTimeout as wait } from "node:timers/promises";
import { context, trace as otel } from "@opentelemetry/api";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import {
  disableTracing,
  enableTracing,
  getCurrentActiveSpan,
  getLastActiveTraceId,
  isTracingEnabled,
  startSpan,
  trace,
  updateCurrentTrace,
  withSpan,
} from "@tracelake/tracing";
import { afterEach, describe, expect, it } from "vitest";
import { startRecorder } from "../../../test/support/span-recorder.ts";

afterEach(() => enableTracing());

const names = (recorder: ReturnType<typeof startRecorder>): string[] => recorder.spans().map(({ name }) => name);

describe("a sampling ratio of one call", () => {
  it("leaves the call and all below it out, or records all of it", async () => {
    const recorder = startRecorder();
    const inner = trace(async (n: number) => n, { name: "inner" });
    const call = async (name: string, samplingRatioOverride: number) =>
      withSpan({ name, samplingRatioOverride }, async () => {
        await wait(1);
        return withSpan({ name: "middle" }, async () => inner(7));
      });
    expect([await call("never", 0), await call("always", 1)]).toEqual([7, 7]);
    expect(names(recorder)).toEqual(["inner", "middle", "always"]);
    expect(new Set(recorder.spans().map((span) => span.spanContext().traceId)).size).toBe(1);
  });

  it.each<[string, (step: () => Promise<number>) => AsyncIterable<number> | Promise<AsyncIterable<number>>]>([
    [
      "a generator",
      async function* (step) {
        yield await step();
      },
    ],
    [
      "a promise of a generator",
      async (step) =>
        (async function* () {
          yield await step();
        })(),
    ],
    [
      "an object with an async iterator",
      (step) => ({
        async *[Symbol.asyncIterator]() {
          yield await step();
        },
      }),
    ],
  ])("leaves out what %s calls while it is read", async (_, make) => {
    const recorder = startRecorder();
    const step = trace(async () => 7, { name: "step" });
    const read: number[] = [];
    const leftOut = trace(make, { name: "never", samplingRatioOverride: 0 });
    for await (const item of await leftOut(step)) read.push(item);
    expect(read).toEqual([7]);
    expect(names(recorder)).toEqual([]);
  });

  it("counts where a trace begins, and nowhere else", () => {
    const recorder = startRecorder();
    withSpan({ name: "root" }, () => withSpan({ name: "child", samplingRatioOverride: 0 }, () => 1));
    withSpan({ name: "out", samplingRatioOverride: 0 }, (out) => {
      withSpan({ name: "wants in", samplingRatioOverride: 1 }, () => 1);
      startSpan({ name: "explicit child", parent: out, samplingRatioOverride: 1 }).end();
      withSpan({ name: "own trace", parent: null }, () => withSpan({ name: "its child" }, () => 1));
    });
    expect(names(recorder)).toEqual(["child", "root", "its child", "own trace"]);
  });

  it("is a share of many, and what cannot be a ratio changes nothing", () => {
    const recorder = startRecorder();
    for (let n = 0; n < 2_000; n++) withSpan({ name: "half", samplingRatioOverride: 0.5 }, () => 1);
    expect(recorder.spans().length).toBeGreaterThan(850);
    expect(recorder.spans().length).toBeLessThan(1_150);
    const other = startRecorder();
    for (const ratio of [Number.NaN, 7]) withSpan({ name: `${ratio}`, samplingRatioOverride: ratio }, () => 1);
    withSpan({ name: "-1", samplingRatioOverride: -1 }, () => 1);
    expect(names(other)).toEqual(["NaN", "7"]);
  });

  it("keeps hundreds of traces that run at the same time apart", async () => {
    const recorder = startRecorder();
    const step = trace(async (n: number) => wait(n % 5, n), { name: "step" });
    const run = async (n: number) =>
      withSpan({ name: `run ${n}`, samplingRatioOverride: n % 2 }, async () => {
        await Promise.all([step(n), step(n + 1)]);
        return step(n + 2);
      });
    await Promise.all(Array.from({ length: 400 }, (_, n) => run(n)));
    const roots = recorder.spans().filter(({ name }) => name.startsWith("run"));
    expect(roots.map(({ name }) => Number(name.slice(4)) % 2)).toEqual(Array.from({ length: 200 }, () => 1));
    for (const root of roots) {
      const { traceId, spanId } = root.spanContext();
      const below = recorder.spans().filter((span) => span.parentSpanContext?.spanId === spanId);
      expect(below.map((span) => [span.name, span.spanContext().traceId])).toEqual(
        Array.from({ length: 3 }, () => ["step", traceId]),
      );
    }
    expect(recorder.spans()).toHaveLength(800);
  });

  it("leaves the spans of other instrumentation their parent and their sampling", () => {
    startRecorder();
    const exporter = new InMemorySpanExporter();
    const http = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).getTracer("http");
    const server = http.startSpan("GET /");
    context.with(otel.setSpan(context.active(), server), () =>
      withSpan({ name: "out", samplingRatioOverride: 0 }, () => {
        withSpan({ name: "below", samplingRatioOverride: 1 }, () => http.startSpan("POST /model").end());
        expect(getCurrentActiveSpan()).toBeUndefined();
      }),
    );
    const [client] = exporter.getFinishedSpans();
    expect(client?.parentSpanContext?.spanId).toBe(server.spanContext().spanId);
  });

  it("says nothing of another trace to one that is left out", () => {
    const recorder = startRecorder();
    withSpan({ name: "outer" }, () =>
      withSpan({ name: "out", parent: null, samplingRatioOverride: 0 }, (out) => {
        expect(out.isRecording).toBe(false);
        updateCurrentTrace({ session: "of the inner" });
        withSpan({ name: "below" }, () => 1);
      }),
    );
    expect(names(recorder)).toEqual(["outer"]);
    expect(recorder.span("outer").attributes).not.toHaveProperty("session.id");
  });
});

describe("tracing that is switched while it runs", () => {
  it("begins no trace while it is off, calls everything all the same, and begins them again", () => {
    const recorder = startRecorder();
    disableTracing();
    expect(isTracingEnabled()).toBe(false);
    expect(withSpan({ name: "off", samplingRatioOverride: 1 }, (span) => [span.isRecording, 5])).toEqual([false, 5]);
    expect(() =>
      withSpan({ name: "off" }, () => {
        throw new Error("thrown on");
      }),
    ).toThrow("thrown on");
    expect(getLastActiveTraceId()).toBeUndefined();
    enableTracing();
    withSpan({ name: "on" }, () => 1);
    expect(names(recorder)).toEqual(["on"]);
  });

  it("records a trace that had begun to its end, and none that began while it was off", async () => {
    const recorder = startRecorder();
    const call = async (name: string, change: () => void) =>
      withSpan({ name }, async () => {
        await wait(1);
        change();
        return withSpan({ name: `${name} child` }, async () => wait(1, name));
      });
    await call("whole", disableTracing);
    await call("none", enableTracing);
    expect(names(recorder)).toEqual(["whole child", "whole"]);
  });

  it("never records half a trace, however often it is switched under load", async () => {
    const recorder = startRecorder();
    const leaf = trace(async (n: number) => wait(n % 3, n), { name: "leaf" });
    const run = async (n: number) =>
      withSpan({ name: "root" }, async () => {
        await leaf(n);
        await withSpan({ name: "middle" }, async () => leaf(n + 1));
      });
    const runs: Promise<void>[] = [];
    for (let n = 0; n < 500; n++) {
      if (n % 3 === 0) disableTracing();
      else enableTracing();
      runs.push(run(n));
      if (n % 50 === 0) await wait(1);
    }
    await Promise.all(runs);
    const byTrace = new Map<string, string[]>();
    for (const span of recorder.spans()) {
      const { traceId } = span.spanContext();
      byTrace.set(traceId, [...(byTrace.get(traceId) ?? []), span.name]);
    }
    expect(byTrace.size).toBe(333);
    for (const spans of byTrace.values()) expect(spans.toSorted()).toEqual(["leaf", "leaf", "middle", "root"]);
  });
});
