import { context, ROOT_CONTEXT, SpanKind, trace, TraceFlags, type Tracer } from "@opentelemetry/api";
import { NodeSDK, tracing } from "@opentelemetry/sdk-node";
import {
  SpanType,
  startSpan,
  UnityCatalogSpanProcessor,
  updateCurrentTrace,
  withSpan,
  type UnityCatalogSpanProcessorOptions,
} from "@tracelake/uc-exporter";
import { decodeTraceRequest, type Span } from "@tracelake/wire";
import { traceInfoSchema } from "@tracelake/wire/schemas";
import { afterEach, describe, expect, it, vi } from "vitest";
import { recordTo } from "./fresh-start.ts";
import { startRecordingServer, type RecordedRequest } from "./recording-server.ts";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";

type ShouldTake = NonNullable<UnityCatalogSpanProcessorOptions["shouldTake"]>;

const closings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0).toReversed()) await close();
  trace.disable();
  context.disable();
});

const spansIn = (requests: readonly RecordedRequest[]): Span[] =>
  requests
    .flatMap(({ body }) => decodeTraceRequest(body).resourceSpans)
    .flatMap(({ scopeSpans }) => scopeSpans)
    .flatMap(({ spans }) => spans);

/** An application with an SDK of its own and a processor of ours for each choice. */
const startApplication = async (choices: readonly (ShouldTake | undefined)[], sampler?: tracing.Sampler) => {
  const servers = await Promise.all(choices.map(() => startRecordingServer()));
  const processors = choices.map(
    (shouldTake, index) =>
      new UnityCatalogSpanProcessor({
        destination: { type: "unity-catalog", location: "c.s.p", host: servers[index]?.url ?? "", token: "t" },
        spoolDirectory: temporaryDirectory(),
        handleSignals: false,
        compression: "none",
        ...(shouldTake === undefined ? {} : { shouldTake }),
      }),
  );
  const sdk = new NodeSDK({
    spanProcessors: processors,
    instrumentations: [],
    metricReaders: [],
    logRecordProcessors: [],
    ...(sampler === undefined ? {} : { sampler }),
  });
  sdk.start();
  closings.push(
    () => Promise.all(servers.map((server) => server.close())),
    () => sdk.shutdown(),
  );
  return {
    /** What the processor of each choice sent. */
    received: async (index = 0) => {
      await processors[index]?.flush();
      const sent = spansIn(servers[index]?.to("/api/2.0/otel") ?? []);
      const infos = servers[index]?.to("/api/4.0").map(({ body }) => traceInfoSchema.parse(JSON.parse(String(body))));
      const named = (name: string): Span => sent.find((span) => span.name === name) ?? expect.unreachable(name);
      return { names: sent.map(({ name }) => name), named, infos: infos ?? [] };
    },
  };
};

const http = (): Tracer => trace.getTracer("@opentelemetry/instrumentation-http");
const app = (): Tracer => trace.getTracer("app");
const notOfHttp: ShouldTake = ({ instrumentationScope }) => !instrumentationScope.name.includes("http");

const inside = <T>(tracer: Tracer, name: string, action: () => T): T =>
  tracer.startActiveSpan(name, (span) => {
    try {
      return action();
    } finally {
      span.end();
    }
  });

describe("a span below one that is not taken", () => {
  it("is the root of its trace, linked to its parent, and has a trace info", async () => {
    const { received } = await startApplication([notOfHttp]);
    const httpSpanId = inside(http(), "GET", () => {
      inside(app(), "agent", () => {
        updateCurrentTrace({ session: "s1" });
        inside(app(), "tool", () => undefined);
      });
      return trace.getActiveSpan()?.spanContext().spanId;
    });
    const { names, named, infos } = await received();
    expect(names).toEqual(["tool", "agent"]);
    expect(named("agent").parentSpanId).toBeUndefined();
    expect(named("agent").links.map(({ spanId }) => spanId)).toEqual([httpSpanId]);
    expect(named("tool").parentSpanId).toBe(named("agent").spanId);
    expect(infos).toMatchObject([
      {
        trace_id: expect.stringContaining(named("agent").traceId ?? "") as string,
        trace_metadata: { "mlflow.trace.session": "s1" },
      },
    ]);
  });

  it("hangs on the nearest one above that is taken", async () => {
    const { received } = await startApplication([notOfHttp]);
    inside(app(), "agent", () =>
      inside(http(), "POST", () =>
        inside(http(), "connect", () => {
          updateCurrentTrace({ tags: { called: "yes" } });
          const usage = { "gen_ai.usage.input_tokens": 3, "gen_ai.usage.output_tokens": 4 };
          app().startSpan("model", { attributes: usage }).end();
        }),
      ),
    );
    const { names, named, infos } = await received();
    expect(names).toEqual(["model", "agent"]);
    expect(named("model")).toMatchObject({ parentSpanId: named("agent").spanId, links: [] });
    expect(infos).toHaveLength(1);
    expect(infos[0]?.tags).toMatchObject({ called: "yes" });
    expect(JSON.parse(infos[0]?.trace_metadata?.["mlflow.trace.tokenUsage"] ?? "")).toMatchObject({ total_tokens: 7 });
  });

  it("is a root as well where a remote caller is above that", async () => {
    const { received } = await startApplication([notOfHttp]);
    const caller = { traceId: "a".repeat(32), spanId: "b".repeat(16), traceFlags: TraceFlags.SAMPLED, isRemote: true };
    context.with(trace.setSpanContext(ROOT_CONTEXT, caller), () =>
      inside(http(), "GET", () => inside(app(), "agent", () => undefined)),
    );
    context.with(trace.setSpanContext(ROOT_CONTEXT, caller), () => inside(app(), "worker", () => undefined));
    const { named, infos } = await received();
    expect(named("agent")).toMatchObject({ traceId: caller.traceId });
    expect(named("agent").parentSpanId).toBeUndefined();
    expect(named("worker").parentSpanId).toBeUndefined();
    expect(infos).toHaveLength(2);
  });

  it("begins a trace of its own where it is made by Tracelake's own provider", async () => {
    const { received } = await startApplication([notOfHttp]);
    const server = await startRecordingServer();
    const global = trace.getTracerProvider();
    const { pipeline } = recordTo({ type: "unity-catalog", location: "c.s.p", host: server.url, token: "t" });
    closings.push(
      () => server.close(),
      () => pipeline.shutdown(100),
    );
    const tracer = global.getTracer("@opentelemetry/instrumentation-http");
    tracer.startActiveSpan("GET", (span) => {
      withSpan({ name: "ours" }, () => undefined);
      span.end();
    });
    await pipeline.flush();
    const [ours] = spansIn(server.to("/api/2.0/otel"));
    expect(ours?.parentSpanId).toBeUndefined();
    expect(ours?.links).toHaveLength(1);
    expect(server.to("/api/4.0")).toHaveLength(1);
    expect((await received()).names).toEqual([]);
  });
});

describe("the choice of spans", () => {
  it("is made by what is known when a span begins, once", async () => {
    const seen: unknown[] = [];
    const { received } = await startApplication([
      ({ name, kind, attributes, instrumentationScope, parentSpanContext }) => {
        seen.push([name, kind, { ...attributes }, instrumentationScope.name, parentSpanContext]);
        return kind !== SpanKind.SERVER;
      },
    ]);
    const options = { kind: SpanKind.SERVER, attributes: { "http.request.method": "GET" } };
    const span = http().startSpan("GET", options);
    span.updateName("GET /").setAttribute("http.route", "/").end();
    expect(seen).toEqual([
      ["GET", SpanKind.SERVER, { "http.request.method": "GET" }, "@opentelemetry/instrumentation-http", undefined],
    ]);
    expect((await received()).names).toEqual([]);
  });

  it("is each processor's own", async () => {
    for (const choices of [
      [notOfHttp, undefined],
      [undefined, notOfHttp],
    ]) {
      const { received } = await startApplication(choices);
      inside(http(), "GET", () =>
        inside(app(), "agent", () => inside(http(), "POST", () => inside(app(), "model", () => 1))),
      );
      const chosen = await received(choices.indexOf(notOfHttp));
      expect(chosen.names).toEqual(["model", "agent"]);
      expect(chosen.named("agent").parentSpanId).toBeUndefined();
      expect(chosen.named("model").parentSpanId).toBe(chosen.named("agent").spanId);
      expect(chosen.infos).toHaveLength(1);
      const all = await received(choices.indexOf(undefined));
      expect(new Set(all.names)).toEqual(new Set(["GET", "POST", "agent", "model"]));
      expect(all.named("model").parentSpanId).toBe(all.named("POST").spanId);
      expect(all.named("agent").parentSpanId).toBe(all.named("GET").spanId);
      expect(all.infos).toHaveLength(1);
      trace.disable();
      context.disable();
    }
  });

  it("holds for spans of Tracelake's functions too, with all that is below them", async () => {
    const { received } = await startApplication([({ name }) => name !== "secret"]);
    const tracerProvider = trace.getTracerProvider();
    const root = startSpan({ name: "root", spanType: SpanType.AGENT, tracerProvider });
    const secret = startSpan({ name: "secret", parent: root, tracerProvider });
    const below = startSpan({ name: "below", parent: secret, tracerProvider });
    for (const span of [below, secret, root]) span.end();
    const lone = startSpan({ name: "secret", parent: null, tracerProvider });
    const above = startSpan({ name: "now a root", parent: lone, tracerProvider });
    for (const span of [above, lone]) span.end();
    const { names, named, infos } = await received();
    expect(names).toEqual(["below", "root", "now a root"]);
    expect(named("below").parentSpanId).toBe(named("root").spanId);
    expect(named("now a root").parentSpanId).toBeUndefined();
    expect(infos).toHaveLength(2);
  });

  it("takes a span where it fails", async () => {
    const fail = vi.fn<ShouldTake>(() => {
      throw new Error("no choice");
    });
    const { received } = await startApplication([fail]);
    inside(app(), "agent", () => inside(app(), "tool", () => undefined));
    const { names, named, infos } = await received();
    expect(fail).toHaveBeenCalledTimes(2);
    expect(names).toEqual(["tool", "agent"]);
    expect(named("tool").parentSpanId).toBe(named("agent").spanId);
    expect(infos).toHaveLength(1);
  });

  it("takes nothing that the sampler has left out", async () => {
    const { received } = await startApplication([notOfHttp], new tracing.AlwaysOffSampler());
    inside(http(), "GET", () => inside(app(), "agent", () => undefined));
    expect(await received()).toMatchObject({ names: [], infos: [] });
  });
});
