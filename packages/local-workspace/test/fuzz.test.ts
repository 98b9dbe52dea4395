import { once } from "node:events";
import { connect } from "node:net";
import { deflateSync, gzipSync } from "node:zlib";
import { startLocalWorkspaceServer } from "@tracelake/local-workspace";
import { encodeTraceRequest, parseLocation, tablesOf, type JsonValue } from "@tracelake/wire";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryDirectory } from "./directory.ts";
import { damaged, id, oneOf, request } from "./hostile-requests.ts";
import { openRestApp, type RestApp } from "./rest-app.ts";
import { makeSpan, traceIdOf, traceRequest } from "./telemetry.ts";

let rest: RestApp;
beforeAll(async () => {
  rest = await openRestApp();
  await rest.json("POST", "/api/2.0/mlflow/experiments/create", { name: "/Shared/a" });
  await rest.store.ingestTraces("main.agents.shop_otel_spans", traceRequest(makeSpan(1, 1)));
});
afterAll(() => rest.store.close());

const send = (
  target: string,
  content: Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<Response> | Response =>
  rest.app.request(`http://127.0.0.1${target}`, {
    method: "POST",
    headers: { authorization: "Bearer the-token", ...headers },
    body: content,
  });

/** That the workspace still has what was there before. */
const expectWhole = async (): Promise<void> => {
  expect(await rest.json("GET", `/api/4.0/mlflow/traces/main.agents.shop/${id}/info`)).toMatchObject([
    200,
    { trace: { trace_info: { trace_id: id } } },
  ]);
};

/** Always the same cases, so that a failure can be run again. */
const runs = (numRuns: number) => ({ seed: 20_261_122, numRuns });

describe("any request at all", () => {
  it("is answered with success or with an error of its sender, and leaves the workspace whole", async () => {
    const statuses = new Set<number>();
    await fc.assert(
      fc.asyncProperty(request, async (given) => {
        const answer = await rest.app.request(`http://127.0.0.1${given.path}`, {
          method: given.method,
          headers: {
            authorization: "Bearer the-token",
            "content-type": given.type,
            ...(given.encoding === undefined ? {} : { "content-encoding": given.encoding }),
            ...(given.table === undefined ? {} : { "X-Databricks-UC-Table-Name": given.table }),
          },
          ...(given.method === "GET" ? {} : { body: given.body }),
        });
        statuses.add(answer.status);
        expect(answer.status, await answer.text()).toBeLessThan(500);
      }),
      runs(1500),
    );
    expect([...statuses]).toEqual(expect.arrayContaining([200, 400, 404]));
    await expectWhole();
  }, 60_000);

  it("without the server's token is refused, whatever it asks", async () => {
    const open = /^\/(health|version|\.well-known|oidc|tracelake\/signed)/;
    await fc.assert(
      fc.asyncProperty(request, fc.option(fc.string(), { nil: undefined }), async (given, token) => {
        fc.pre(!open.test(given.path) && token !== "the-token");
        const header = `Bearer ${encodeURIComponent(token ?? "")}`;
        const answer = await rest.app.request(`http://127.0.0.1${given.path}`, {
          method: given.method,
          headers: token === undefined ? {} : { authorization: header },
          ...(given.method === "GET" ? {} : { body: given.body }),
        });
        expect(answer.status).toBe(401);
      }),
      runs(300),
    );
  });

  it("under another name, or from a page of another origin, is refused", async () => {
    const port = fc.option(fc.nat(65_535), { nil: undefined });
    const loopback = oneOf("127.0.0.1", "localhost", "[::1]", "LOCALHOST", "127.1", "0x7f.0.0.1");
    const isLoopback = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/;
    const authority = fc.oneof(
      fc
        .tuple(fc.oneof(loopback, fc.domain(), fc.ipV4(), fc.ipV6()), port)
        .map(([name, at]) => (at === undefined ? name : `${name}:${at}`)),
      fc.domain().map((domain) => `127.0.0.1.${domain}`),
      fc.domain().map((domain) => `localhost@${domain}`),
      fc.domain().map((domain) => `${domain}#127.0.0.1`),
    );
    const origin = fc.option(
      fc.oneof(
        fc.webUrl(),
        authority.map((name) => `http://${name}`),
        oneOf("null", "file://", ""),
      ),
      {
        nil: undefined,
      },
    );
    await fc.assert(
      fc.asyncProperty(authority, origin, async (host, from) => {
        const answer = await rest.app.request("http://127.0.0.1/health", {
          headers: { host, ...(from === undefined ? {} : { origin: from }) },
        });
        // What browsers make of a name decides, as they are who is to be kept out.
        const named = URL.canParse(`http://${host}`) ? new URL(`http://${host}`).host : "";
        const isSame = from === undefined || from === `http://${named}` || from === `https://${named}`;
        expect(answer.status).toBe(isLoopback.test(named) && isSame ? 200 : 403);
      }),
      runs(1000),
    );
  });

  it("that inflates or nests beyond its limit is refused", async () => {
    const search = "/api/4.0/mlflow/traces/search";
    const zeros = Buffer.alloc(86 * 1024 * 1024);
    const members = Buffer.concat([gzipSync(zeros), gzipSync(zeros), gzipSync(zeros)]);
    const whole = Buffer.alloc(257 * 1024 * 1024);
    for (const [encoding, bytes] of [
      ["gzip", gzipSync(whole)],
      ["gzip", members],
      ["deflate", deflateSync(whole)],
    ] as const) {
      expect((await send(search, Uint8Array.from(bytes), { "content-encoding": encoding })).status).toBe(413);
    }
    const deep = await send(search, Uint8Array.from(Buffer.from(`${"[".repeat(100_000)}${"]".repeat(100_000)}`)));
    expect([deep.status, await deep.json()]).toMatchObject([
      400,
      { message: "The body is nested deeper than 100 levels." },
    ]);
  });

  it("on the socket that is no HTTP ends its connection, and no other", async () => {
    const server = await startLocalWorkspaceServer({ directory: await temporaryDirectory(), port: 0 });
    const { port } = new URL(server.url);
    const endings: readonly (string | Uint8Array)[] = [
      "\r\n\r\n",
      "GET / HTTP/9.9\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
      "POST /api/2.0/otel/v1/traces HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nzzz",
      `GET /${"a".repeat(100_000)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`,
    ];
    const junk = fc.oneof(fc.constantFrom(...endings), fc.uint8Array({ minLength: 1, maxLength: 300 }));
    await fc.assert(
      fc.asyncProperty(junk, async (bytes) => {
        const socket = connect(Number(port), "127.0.0.1");
        socket.on("error", () => undefined);
        socket.resume();
        const closed = once(socket, "close");
        socket.end(bytes);
        await closed;
      }),
      runs(60),
    );
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
    await server.close();
  }, 60_000);
});

describe("OTLP", () => {
  const attributes = fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue({ maxDepth: 4 }), { maxKeys: 6 });
  const location = parseLocation("main.agents.fuzzed");
  const { spans: table } = tablesOf(location);
  const headers = { "content-type": "application/x-protobuf", "X-Databricks-UC-Table-Name": table };
  const valid = encodeTraceRequest(
    traceRequest(makeSpan(2, 1, { attributes: { "mlflow.spanInputs": { a: [1, "b", null] } } }), makeSpan(2, 2)),
  );

  it("that is damaged is refused or stored, and harms nothing else", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          damaged(valid),
          fc.uint8Array({ maxLength: 300 }).map((bytes) => Uint8Array.from(bytes)),
        ),
        async (bytes) => {
          const answer = await send("/api/2.0/otel/v1/traces", bytes, headers);
          expect(answer.status, await answer.text()).toBeLessThan(500);
        },
      ),
      runs(400),
    );
    await expectWhole();
  }, 60_000);

  it("with a damaged encoding is refused", async () => {
    const whole = gzipSync(valid);
    await fc.assert(
      fc.asyncProperty(damaged(whole), async (bytes) => {
        const answer = await send("/api/2.0/otel/v1/traces", bytes, { ...headers, "content-encoding": "gzip" });
        expect([200, 400]).toContain(answer.status);
      }),
      runs(200),
    );
  }, 60_000);

  it("keeps whatever attributes a span has, as they were sent", async () => {
    let trace = 1000;
    await fc.assert(
      fc.asyncProperty(attributes, async (given) => {
        trace += 1;
        const span = makeSpan(trace, 1, { attributes: given as Record<string, JsonValue> });
        const answer = await send(
          "/api/2.0/otel/v1/traces",
          Uint8Array.from(encodeTraceRequest(traceRequest(span))),
          headers,
        );
        expect(answer.status).toBe(200);
        const [found] = await rest.store.traces.getTraces("main.agents.fuzzed", [traceIdOf(trace)]);
        expect(found?.spans).toHaveLength(1);
        const keys = found?.spans[0]?.attributes.map(({ key }) => key).sort();
        expect(keys).toEqual(Object.keys(given).sort());
      }),
      runs(100),
    );
  }, 60_000);
});
