import { ROOT_CONTEXT, trace as otelTrace, TraceFlags } from "@opentelemetry/api";
import { getLastActiveTraceId, SpanType, startSpan, trace, updateCurrentTrace, withSpan } from "@tracelake/uc-exporter";
import { decodeTraceRequest, fromAnyValue, fromKeyValues, type Span } from "@tracelake/wire";
import { traceInfoSchema } from "@tracelake/wire/schemas";
import { afterEach, describe, expect, it, vi } from "vitest";
import { recordTo } from "./fresh-start.ts";
import { startRecordingServer, type CannedAnswer, type RecordedRequest } from "./recording-server.ts";

const spansPath = "/api/2.0/otel/v1/traces";
const infoPath = "/api/4.0/mlflow/traces/";
const location = "main.agents.shop";

let server: Awaited<ReturnType<typeof startRecordingServer>>;
const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
const errorLines = () => stderr.mock.calls.map(([text]) => String(text)).join("");
// What a pipeline still keeps it would go on sending, and report, during other tests.
const opened: ReturnType<typeof recordTo>["pipeline"][] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((pipeline) => pipeline.shutdown(100)));
  await server.close();
  stderr.mockClear();
});

const workspace = async (answer?: (request: RecordedRequest) => CannedAnswer) => {
  server = await startRecordingServer(answer);
  const recording = recordTo({ type: "unity-catalog", location, host: server.url, token: "dapi-secret" });
  opened.push(recording.pipeline);
  return recording;
};

const spansIn = (requests: readonly RecordedRequest[]): Span[] =>
  requests.flatMap(({ body }) =>
    decodeTraceRequest(body).resourceSpans.flatMap((resource) => resource.scopeSpans.flatMap((scope) => scope.spans)),
  );

describe("a Unity Catalog destination", () => {
  it("gets the spans by table header, with MLflow's values structured", async () => {
    const { pipeline } = await workspace();
    const retrieve = trace(async (query: string) => [{ page_content: query, metadata: { n: 1 }, id: null }], {
      name: "retrieve",
      spanType: SpanType.RETRIEVER,
    });
    await withSpan(
      { name: "answer", spanType: SpanType.CHAIN, attributes: { deep: { a: [1] }, plain: "{not json" } },
      async () => retrieve("grüße"),
    );
    expect(await pipeline.flush()).toEqual({ exported: 2, durable: 0, dropped: 0 });
    const [request] = server.to(spansPath);
    expect(request?.headers).toMatchObject({
      "x-databricks-uc-table-name": "main.agents.shop_otel_spans",
      "content-type": "application/x-protobuf",
      authorization: "Bearer dapi-secret",
    });
    const [child, root] = spansIn(server.to(spansPath));
    expect(child).toMatchObject({ name: "retrieve", parentSpanId: root?.spanId, status: { code: 1 }, kind: 1 });
    expect(root).not.toHaveProperty("parentSpanId");
    expect(fromKeyValues(child?.attributes ?? [])).toMatchObject({
      "mlflow.traceRequestId": `trace:/${location}/${child?.traceId}`,
      "mlflow.spanType": "RETRIEVER",
      "mlflow.spanInputs": { query: "grüße" },
      "mlflow.spanOutputs": [{ page_content: "grüße", metadata: { n: 1 }, id: null }],
    });
    expect(root?.attributes.find(({ key }) => key === "deep")?.value).toEqual({
      kvlistValue: { values: [{ key: "a", value: { arrayValue: { values: [{ intValue: 1n }] } } }] },
    });
    expect(fromAnyValue(root?.attributes.find(({ key }) => key === "plain")?.value)).toBe("{not json");
    expect(getLastActiveTraceId()).toBe(`trace:/${location}/${root?.traceId}`);
  });

  it("is waited for as long as it takes, where that is how long a flush may take", async () => {
    const { pipeline } = await workspace();
    withSpan({ name: "patient" }, () => null);
    expect(await pipeline.flush(Number.POSITIVE_INFINITY)).toMatchObject({ exported: 1 });
  });

  it("gets the trace info: state, previews, tokens summed once, session, user, tags", async () => {
    const { pipeline } = await workspace();
    await withSpan({ name: "chat", inputs: { messages: [{ role: "user", content: "hi" }] } }, async (root) => {
      updateCurrentTrace({
        session: "s1",
        user: "u1",
        tags: { env: "test" },
        metadata: { build: "7" },
        clientRequestId: "r-1",
      });
      const model = { input_tokens: 3, output_tokens: 4, total_tokens: 7 };
      withSpan({ name: "framework" }, (span) => {
        span.setTokenUsage(model);
        withSpan({ name: "client" }, (inner) => void inner.setTokenUsage(model));
      });
      withSpan({ name: "second" }, (span) => void span.setTokenUsage({ ...model, cache_read_input_tokens: 2 }));
      root.setOutputs({ choices: [{ message: { role: "assistant", content: "hello" } }] });
    });
    await pipeline.flush();
    const [request] = server.to(infoPath);
    const info = traceInfoSchema.parse(JSON.parse(request?.body.toString() ?? "{}"));
    expect(request?.path).toBe(`${infoPath}${location}/${info.trace_id}/info`);
    expect(info).toMatchObject({
      client_request_id: "r-1",
      state: "OK",
      request_preview: "hi",
      response_preview: "hello",
      tags: { "mlflow.traceName": "chat", env: "test" },
      trace_metadata: {
        "mlflow.trace.session": "s1",
        "mlflow.trace.user": "u1",
        "mlflow.trace_schema.version": "4",
        build: "7",
      },
      trace_location: {
        type: "UC_TABLE_PREFIX",
        uc_table_prefix: {
          catalog_name: "main",
          schema_name: "agents",
          table_prefix: "shop",
          spans_table_name: "main.agents.shop_otel_spans",
        },
      },
    });
    expect(JSON.parse(info.trace_metadata["mlflow.trace.tokenUsage"] ?? "")).toEqual({
      input_tokens: 6,
      output_tokens: 8,
      total_tokens: 14,
      cache_read_input_tokens: 2,
    });
    expect(info.execution_duration).toMatch(/^\d+(\.\d+)?s$/);
    expect(new Date(info.request_time ?? "").toISOString()).toBe(info.request_time);
  });

  it("gets children that end after their root, and roots that end first", async () => {
    const { pipeline } = await workspace();
    const root = startSpan({ name: "root" });
    const late = startSpan({ name: "late", parent: root });
    root.end();
    await pipeline.flush();
    late.end();
    expect(await pipeline.flush()).toMatchObject({ exported: 2, dropped: 0 });
    expect(spansIn(server.to(spansPath)).map(({ name, parentSpanId }) => [name, parentSpanId])).toEqual([
      ["root", undefined],
      ["late", root.spanId],
    ]);
  });

  it("gets a span below a remote caller as a root that is linked to it", async () => {
    const { pipeline, provider } = await workspace();
    const remote = {
      traceId: "0af7651916cd43dd8448eb211c80319c",
      spanId: "b7ad6b7169203331",
      traceFlags: TraceFlags.SAMPLED,
      isRemote: true,
    };
    provider.getTracer("app").startSpan("handler", {}, otelTrace.setSpanContext(ROOT_CONTEXT, remote)).end();
    await pipeline.flush();
    const [span] = spansIn(server.to(spansPath));
    expect(span).toMatchObject({ name: "handler", links: [{ traceId: remote.traceId, spanId: remote.spanId }] });
    expect(span).not.toHaveProperty("parentSpanId");
    expect(server.to(infoPath)).toHaveLength(1);
  });

  it("tries again while the answer says that it may help", async () => {
    let failures = 2;
    const { pipeline } = await workspace(({ path }) =>
      path === spansPath && failures-- > 0 ? { status: 503, headers: { "retry-after": "0" } } : { status: 200 },
    );
    withSpan({ name: "patient" }, () => 1);
    expect(await pipeline.flush()).toEqual({ exported: 1, durable: 0, dropped: 0 });
    expect(server.to(spansPath)).toHaveLength(3);
  });

  it("loses no span because the trace info failed, and no trace info because the spans did", async () => {
    const { pipeline } = await workspace(({ path }) => ({ status: path.startsWith(infoPath) ? 400 : 200 }));
    withSpan({ name: "kept" }, () => 1);
    expect(await pipeline.flush(1_000)).toMatchObject({ exported: 1, dropped: 0 });
    await server.close();
    const second = await workspace(({ path }) => ({ status: path === spansPath ? 400 : 200 }));
    withSpan({ name: "refused" }, () => 1);
    expect(await second.pipeline.flush(1_000)).toMatchObject({ exported: 0, dropped: 0 });
    expect(server.to(infoPath)).toHaveLength(1);
    expect(second.pipeline.stats()).toMatchObject({
      accepted: 1,
      exported: 0,
      queued: 0,
      spooled: 1,
      quarantined: 0,
      dropped: {},
      traceInfos: { accepted: 1, exported: 1 },
    });
  });

  it("counts what a partial success refuses", async () => {
    const body = Buffer.from("0a0808021204666c6167", "hex").toString("latin1");
    const { pipeline } = await workspace(() => ({
      status: 200,
      headers: { "content-type": "application/x-protobuf" },
      body,
    }));
    for (const name of ["a", "b", "c"]) withSpan({ name }, () => 1);
    expect(await pipeline.flush()).toEqual({ exported: 1, durable: 0, dropped: 2 });
  });

  it("never reports a secret, whatever the answer", async () => {
    const { pipeline } = await workspace(() => ({
      status: 403,
      body: JSON.stringify({ error_code: "PERMISSION_DENIED", message: "User lacks MODIFY" }),
    }));
    withSpan({ name: "denied" }, () => 1);
    // Lines of one topic are a minute apart, and other tests lost spans before.
    const clock = vi.spyOn(performance, "now").mockReturnValue(performance.now() + 120_000);
    await pipeline.flush(1_000);
    clock.mockRestore();
    expect(errorLines()).toContain("User lacks MODIFY");
    expect(JSON.stringify(server.requests.map((request) => request.headers.authorization))).toContain("dapi-secret");
    expect(errorLines()).not.toContain("dapi-secret");
  });
});
