import { gzipSync, deflateSync } from "node:zlib";
import { existsSync, statSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import type { Hono } from "hono";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openLocalWorkspace, startLocalWorkspaceServer, type LocalWorkspaceServer } from "@tracelake/local-workspace";
import { encodeTraceRequest, type JsonValue } from "@tracelake/wire";
import { findRunningServer } from "@tracelake/workspace-client";
import { createApp } from "../src/http/app.ts";
import { DuckDbStore } from "../src/store/store.ts";
import { temporaryDirectory } from "./directory.ts";
import { journalHeader, makeSpan, spansFrame, traceIdOf, traceRequest, writeSegment } from "./telemetry.ts";

const token = "the-token";
const authorization = `Bearer ${token}`;
const table = "main.agents.support_otel_spans";
const protobuf = "application/x-protobuf";

const bytesOf = (...spans: Parameters<typeof traceRequest>) => Buffer.from(encodeTraceRequest(traceRequest(...spans)));

describe("the REST interface", () => {
  let store: DuckDbStore;
  let app: Hono;

  beforeEach(async () => {
    store = await DuckDbStore.open({ directory: await temporaryDirectory(), readOnly: false });
    app = createApp(store, { token });
  });
  afterEach(() => store.close());

  const send = (path: string, init: Omit<RequestInit, "headers"> & { headers?: Record<string, string> } = {}) =>
    app.request(path, { ...init, headers: { authorization, ...init.headers } });
  const post = (path: string, body: unknown) =>
    send(path, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } });
  const traces = (body: NonNullable<RequestInit["body"]>, headers: Record<string, string> = {}) =>
    send("/api/2.0/otel/v1/traces", {
      method: "POST",
      body,
      headers: { "content-type": protobuf, "X-Databricks-UC-Table-Name": table, ...headers },
    });
  const rows = async (sql: string) => (await store.query(sql, {})).rows;

  it("says that it is there without being asked for a token", async () => {
    for (const path of ["/health", "/version", "/.well-known/databricks-config"]) {
      expect((await app.request(path)).status, path).toBe(200);
    }
    expect(await (await app.request("/version")).text()).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it("refuses a missing or wrong token, other host names and pages of other origins", async () => {
    const path = "/api/2.0/mlflow/experiments/get?experiment_id=1";
    expect((await app.request(path)).status).toBe(401);
    const wrong = await app.request(path, { headers: { authorization: "Bearer the-tokem" } });
    expect(await wrong.json()).toMatchObject({ error_code: "UNAUTHENTICATED" });
    expect((await send(path, { headers: { host: "evil.example" } })).status).toBe(403);
    expect((await send(path, { headers: { host: "127.0.0.1.evil.example:80" } })).status).toBe(403);
    expect((await send(path, { headers: { host: "127.0.0.1:3010", origin: "http://localhost:5173" } })).status).toBe(
      403,
    );
    expect((await send(path, { headers: { host: "127.0.0.1:3010", origin: "null" } })).status).toBe(403);
    const own = await send(path, { headers: { host: "127.0.0.1:3010", origin: "http://127.0.0.1:3010" } });
    expect(own.status).toBe(404);
  });

  it("answers an unknown path with the code by which clients fall back", async () => {
    const answer = await send("/api/9.0/nothing");
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ error_code: "ENDPOINT_NOT_FOUND" });
  });

  it("takes spans as protobuf and JSON, plain and compressed, and answers with an empty message", async () => {
    const answer = await traces(bytesOf(makeSpan(1, 1)));
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, protobuf]);
    expect(await answer.text()).toBe("");
    expect((await traces(gzipSync(bytesOf(makeSpan(1, 2))), { "content-encoding": "gzip" })).status).toBe(200);
    expect((await traces(deflateSync(bytesOf(makeSpan(1, 3))), { "content-encoding": "deflate" })).status).toBe(200);
    const json = JSON.stringify({
      resourceSpans: [
        { scopeSpans: [{ spans: [{ traceId: traceIdOf(1), spanId: "00000000000000AF", name: "json" }] }] },
      ],
    });
    const jsonAnswer = await traces(json, { "content-type": "application/json; charset=utf-8" });
    expect(await jsonAnswer.json()).toEqual({});
    expect((await traces(bytesOf(makeSpan(1, 1)))).status).toBe(200);
    expect(await rows(`SELECT span_id FROM ${table} ORDER BY span_id`)).toEqual([
      ["0000000000000001"],
      ["0000000000000002"],
      ["0000000000000003"],
      ["00000000000000af"],
    ]);
  });

  it("refuses tables that are none, other forms and bodies that are not what they say", async () => {
    for (const name of ["", "main.agents.other", "main.agents.support_otel_logs"]) {
      const answer = await traces(bytesOf(makeSpan(1, 1)), { "X-Databricks-UC-Table-Name": name });
      expect(answer.status, name).toBe(404);
      expect(await answer.json()).toMatchObject({ message: expect.stringContaining("TABLE_DOES_NOT_EXIST") });
    }
    const refused = [
      await traces("not protobuf"),
      await traces("{", { "content-type": "application/json" }),
      await traces("x", { "content-type": "text/plain" }),
      await traces("x", { "content-encoding": "gzip" }),
      await traces("x", { "content-encoding": "br" }),
    ];
    for (const answer of refused) {
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ error_code: "INVALID_PARAMETER_VALUE" });
    }
  });

  it("refuses a body that inflates beyond its limit", async () => {
    const bomb = gzipSync(Buffer.alloc(257 * 1024 * 1024));
    const answer = await traces(bomb, { "content-encoding": "gzip" });
    expect(answer.status).toBe(413);
  });

  it("says which spans it could not store", async () => {
    const nameless = { ...makeSpan(1, 2), spanId: "" };
    const json = JSON.stringify({
      resourceSpans: [
        { scopeSpans: [{ spans: [{ ...nameless, startTimeUnixNano: "1", endTimeUnixNano: "2", attributes: [] }] }] },
      ],
    });
    const answer = await traces(json, { "content-type": "application/json" });
    expect(await answer.json()).toMatchObject({ partialSuccess: { rejectedSpans: "1" } });
  });

  it("keeps trace infos, before or after their spans", async () => {
    const path = `/api/4.0/mlflow/traces/main.agents.support/${traceIdOf(1)}/info`;
    expect((await send(path)).status).toBe(404);
    const posted = await post(path, {
      trace_id: traceIdOf(1),
      request_preview: "why?",
      trace_metadata: { "mlflow.trace.user": "ada" },
      tags: { "mlflow.traceName": "agent" },
    });
    expect(await posted.json()).toMatchObject({
      trace_id: traceIdOf(1),
      trace_location: { type: "UC_TABLE_PREFIX", uc_table_prefix: { spans_table_name: table } },
    });
    await traces(bytesOf(makeSpan(1, 1, { attributes: { "mlflow.spanOutputs": { answer: 42 } } })));
    const read = await (await send(path)).json();
    expect(read).toMatchObject({
      trace: {
        trace_info: {
          trace_id: traceIdOf(1),
          state: "OK",
          execution_duration: "1.5s",
          request_time: "2026-11-22T12:00:00.000001Z",
          request_preview: "why?",
          response_preview: '{"answer": 42}',
          trace_metadata: { "mlflow.trace.user": "ada" },
          tags: { "mlflow.traceName": "agent" },
        },
      },
    });
    expect((await post("/api/4.0/mlflow/traces/main.agents/nonsense/info", {})).status).toBe(400);
  });

  it("keeps experiments and their tags", async () => {
    const base = "/api/2.0/mlflow/experiments";
    const created = await post(`${base}/create`, { name: "/Shared/support", tags: [{ key: "team", value: "a" }] });
    const { experiment_id: id } = (await created.json()) as { experiment_id: string };
    expect(await (await post(`${base}/create`, { name: "/Shared/support" })).json()).toMatchObject({
      error_code: "RESOURCE_ALREADY_EXISTS",
    });
    await post(`${base}/set-experiment-tag`, { experiment_id: id, key: "team", value: "b" });
    const byName = await send(`${base}/get-by-name?experiment_name=${encodeURIComponent("/Shared/support")}`);
    const experiment = { experiment_id: id, lifecycle_stage: "active", tags: [{ key: "team", value: "b" }] };
    expect(await byName.json()).toMatchObject({ experiment });
    expect(await (await send(`${base}/get?experiment_id=${id}`)).json()).toMatchObject({ experiment });
    expect((await send(`${base}/get?experiment_id=nope`)).status).toBe(404);
    expect((await post(`${base}/set-experiment-tag`, { experiment_id: "999", key: "a", value: "b" })).status).toBe(404);
  });

  it("runs statements as the Statement Execution API does", async () => {
    await traces(bytesOf(makeSpan(1, 1, { attributes: { n: 1 } })));
    const answer = await post("/api/2.0/sql/statements", {
      warehouse_id: "any",
      catalog: "main",
      schema: "agents",
      statement:
        "SELECT start_time_unix_nano, parent_span_id, attributes, true AS yes FROM support_otel_spans WHERE name = :name",
      parameters: [{ name: "name", value: "span-1" }],
    });
    const body = (await answer.json()) as { statement_id: string; [key: string]: JsonValue };
    expect(body).toMatchObject({
      status: { state: "SUCCEEDED" },
      manifest: {
        total_row_count: 1,
        schema: {
          columns: [
            { name: "start_time_unix_nano", type_text: "BIGINT", type_name: "LONG", position: 0 },
            { name: "parent_span_id", type_text: "STRING" },
            { name: "attributes", type_text: "VARIANT" },
            { name: "yes", type_text: "BOOLEAN" },
          ],
        },
      },
      result: { data_array: [["1795348800000001002", null, '{"n":1}', "true"]] },
    });
    expect(await (await send(`/api/2.0/sql/statements/${body.statement_id}`)).json()).toEqual(body);
    const failure = await post("/api/2.0/sql/statements", { statement: "SELECT * FROM main.agents.nothing" });
    expect([failure.status, await failure.json()]).toMatchObject([
      200,
      { status: { state: "FAILED", error: { message: expect.stringContaining("nothing") } } },
    ]);
    expect((await post("/api/2.0/sql/statements", { statement: "" })).status).toBe(400);
  });
});

describe("the server", () => {
  let server: LocalWorkspaceServer | undefined;
  afterEach(async () => {
    await server?.close();
    server = undefined;
  });

  it("drains journals by itself, is found by others of the same user, and leaves no trace of itself", async () => {
    const directory = await temporaryDirectory();
    const location = "main.agents";
    const segment = await writeSegment(directory, { location }, [journalHeader(location), spansFrame(makeSpan(1, 1))]);
    server = await startLocalWorkspaceServer({ directory, port: 0, drainIntervalMillis: 10 });
    const { url } = server;
    await expect.poll(() => existsSync(segment)).toBe(false);
    const found = await findRunningServer(directory);
    expect(found).toMatchObject({ url, pid: process.pid, token: server.token });
    expect(statSync(join(directory, "server.json")).mode & 0o777).toBe(0o600);
    const answer = await fetch(`${url}/api/2.0/sql/statements`, {
      method: "POST",
      headers: { authorization: `Bearer ${found?.token}` },
      body: JSON.stringify({ statement: "SELECT count(*) FROM main.agents.mlflow_experiment_trace_otel_spans" }),
    });
    expect(await answer.json()).toMatchObject({ result: { data_array: [["1"]] } });
    await expect(openLocalWorkspace({ directory })).rejects.toMatchObject({
      code: "LOCAL_WORKSPACE_BUSY",
      message: expect.stringContaining(url),
    });
    await server.close();
    expect(existsSync(join(directory, "server.json"))).toBe(false);
    expect(await findRunningServer(directory)).toBeUndefined();
  });

  it("is found by nobody where it is to leave no file", async () => {
    const directory = await temporaryDirectory();
    server = await startLocalWorkspaceServer({ directory, port: 0, leaveServerFile: false });
    expect(await findRunningServer(directory)).toBeUndefined();
    await expect(openLocalWorkspace({ directory })).rejects.toMatchObject({ code: "LOCAL_WORKSPACE_BUSY" });
  });

  it("listens on this machine alone and checks the name it is reached by", async () => {
    server = await startLocalWorkspaceServer({ directory: await temporaryDirectory(), port: 0, token: "t" });
    const { port } = new URL(server.url);
    const status = await new Promise((resolve, reject) => {
      request({ host: "127.0.0.1", port, path: "/version", headers: { host: "rebound.example" } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on("error", reject)
        .end();
    });
    expect(status).toBe(403);
  });

  it("lets go of its port where it cannot be started", async () => {
    const before = await startLocalWorkspaceServer({ directory: await temporaryDirectory(), port: 0 });
    await before.close();
    const port = Number(new URL(before.url).port);
    const directory = await temporaryDirectory();
    await mkdir(join(directory, "certificate.pem"), { recursive: true });
    await expect(startLocalWorkspaceServer({ directory, port })).rejects.toThrow();
    server = await startLocalWorkspaceServer({ directory: await temporaryDirectory(), port });
    expect(server.url).toBe(before.url);
  });

  it("tells that a port is taken, and lets go of the files", async () => {
    server = await startLocalWorkspaceServer({ directory: await temporaryDirectory(), port: 0 });
    const directory = await temporaryDirectory();
    const port = Number(new URL(server.url).port);
    await expect(startLocalWorkspaceServer({ directory, port })).rejects.toMatchObject({
      code: "LOCAL_WORKSPACE_FAILED",
      message: expect.stringContaining("EADDRINUSE"),
    });
    await (await openLocalWorkspace({ directory })).close();
  });

  it("takes the file of a dead server for nothing", async () => {
    const directory = await temporaryDirectory();
    const started = await startLocalWorkspaceServer({ directory, port: 0 });
    const text = await readFile(join(directory, "server.json"), "utf8");
    await started.close();
    await writeFile(join(directory, "server.json"), text.replace(/"pid":\d+/, '"pid":2147483646'));
    expect(await findRunningServer(directory)).toBeUndefined();
  });
});
