import {
  toTraceLocation,
  parseLocation,
  stringifyJson,
  TracelakeError,
  writeSpanJson,
  toKeyValues,
} from "@tracelake/wire";
import {
  connectWorkspace,
  getTrace,
  linkTracesToRun,
  searchTraces,
  searchTraceSummaries,
  setTraceTag,
  deleteTraceTag,
  toSpanTree,
  unlinkTracesFromRun,
  type SpanNode,
} from "@tracelake/workspace-client";
import { describe, expect, it } from "vitest";
import { withServer, type Routes, type SeenRequest } from "../../../test/support/recorded-workspace.ts";

const place = "main.agents.shop";
const hex = "0af7651916cd43dd8448eb211c80319c";
const id = `trace:/${place}/${hex}`;
const base = `/api/4.0/mlflow/traces`;

const info = (traceId = hex) => ({
  trace_id: traceId,
  trace_location: toTraceLocation(parseLocation(place)),
  request_time: "2026-11-22T15:51:58.779Z",
  execution_duration: "3.419s",
  state: "OK",
  request_preview: "Where is FH-1071?",
  trace_metadata: {
    "mlflow.trace.session": "s-1",
    "mlflow.trace.tokenUsage": '{"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}',
  },
  tags: { channel: "chat" },
  assessments: [
    {
      assessment_id: "a-1",
      assessment_name: "safe",
      source: { source_type: "AI_JUDGE", source_id: "judge" },
      feedback: { value: "yes" },
    },
    {
      assessment_id: "a-2",
      assessment_name: "facts",
      source: { source_type: "HUMAN", source_id: "ana" },
      expectation: {
        serialized_value: { serialization_format: "JSON_FORMAT", value: '["a", {"n": 9007199254740993}]' },
      },
    },
  ],
});

const span = (number: number, parent: number | undefined, attributes: Parameters<typeof toKeyValues>[0] = {}) =>
  writeSpanJson({
    traceId: hex,
    spanId: number.toString(16).padStart(16, "0"),
    ...(parent === undefined ? {} : { parentSpanId: parent.toString(16).padStart(16, "0") }),
    name: `span ${number}`,
    startTimeUnixNano: 1_777_894_620_000_000_001n + BigInt(number),
    endTimeUnixNano: 1_777_894_620_000_000_009n,
    attributes: toKeyValues(attributes),
    events: [],
    links: [],
    status: { code: 1 },
  });

const connect = (url: string, warehouse = "wh1") =>
  connectWorkspace({ host: url, token: "t", sqlWarehouseId: warehouse }, {});

const collect = async <T>(all: AsyncIterable<T>): Promise<T[]> => {
  const items: T[] = [];
  for await (const item of all) items.push(item);
  return items;
};

const queryOf = ({ url }: SeenRequest): [string, string][] => [...new URLSearchParams(url.split("?")[1])];

const failure = async (work: Promise<unknown>): Promise<TracelakeError> =>
  work.then(
    () => {
      throw new Error("nothing was thrown");
    },
    (error: unknown) => {
      if (TracelakeError.isInstance(error)) return error;
      throw error;
    },
  );

describe("a trace in Unity Catalog", () => {
  const spans = [
    span(1, undefined, { "mlflow.spanType": '"AGENT"', "mlflow.spanInputs": '{"q": 9007199254740993}' }),
    span(3, 2, { "mlflow.spanType": "TOOL", "mlflow.spanOutputs": ["a"] }),
    span(2, 1),
    span(5, 4),
  ];
  const routes: Routes = { [`GET ${base}/${place}/batchGet`]: { body: { traces: [{ trace_info: info(), spans }] } } };

  it("is read with its spans, whichever client wrote them", async () => {
    await withServer(routes, async ({ url, seen }) => {
      const trace = await getTrace(connect(url), { traceId: id });
      expect(queryOf(seen[0] as SeenRequest)).toEqual([
        ["sql_warehouse_id", "wh1"],
        ["trace_ids", hex],
      ]);
      expect(trace.info).toMatchObject({
        traceId: id,
        location: place,
        durationMillis: 3419,
        session: "s-1",
        tokenUsage: { input_tokens: 10, output_tokens: 5, total_tokens: 15 },
        assessments: [
          { kind: "feedback", name: "safe", value: "yes", source: { type: "LLM_JUDGE", id: "judge" }, isValid: true },
          { kind: "expectation", name: "facts", value: ["a", { n: 9_007_199_254_740_993n }] },
        ],
      });
      expect(trace.info.requestTime?.toISOString()).toBe("2026-11-22T15:51:58.779Z");
      expect(trace.spans[0]).toMatchObject({
        otelTraceId: hex,
        spanId: "0000000000000001",
        parentSpanId: undefined,
        type: "AGENT",
        inputs: { q: 9_007_199_254_740_993n },
        startTimeUnixNano: 1_777_894_620_000_000_002n,
        status: "OK",
      });
      expect(trace.spans[1]).toMatchObject({ type: "TOOL", outputs: ["a"] });
      const names = (nodes: readonly SpanNode[]): unknown[] =>
        nodes.map((node) => [node.span.name, names(node.children)]);
      expect(names(toSpanTree(trace.spans))).toEqual([
        ["span 1", [["span 2", [["span 3", []]]]]],
        ["span 5", []],
      ]);
    });
  });

  it("is found by its bare id beside a location, and not sought without one", async () => {
    await withServer(routes, async ({ url, seen }) => {
      expect((await getTrace(connect(url), { traceId: hex, location: place })).info.traceId).toBe(id);
      const error = await failure(getTrace(connect(url), { traceId: hex }));
      expect(error).toMatchObject({ code: "TRACE_ID_INVALID" });
      expect(error.message).toContain(`"trace:/<catalog.schema[.table_prefix]>/${hex}"`);
      expect(seen).toHaveLength(1);
    });
  });

  it("that is not there yet is waited for as long as asked", async () => {
    let asked = 0;
    const later: Routes = {
      [`GET ${base}/${place}/batchGet`]: () => ({
        body: { traces: (asked += 1) < 3 ? [] : [{ trace_info: info(), spans }] },
      }),
    };
    await withServer(later, async ({ url }) => {
      expect((await failure(getTrace(connect(url), { traceId: id }))).code).toBe("TRACE_NOT_FOUND");
      expect((await getTrace(connect(url), { traceId: id, waitMillis: 5000 })).spans).toHaveLength(4);
    });
  });

  it("that may not be read names the grant and the command for it", async () => {
    const refused = { status: 403, body: { error_code: "PERMISSION_DENIED", message: "User does not have SELECT" } };
    await withServer({ [`GET ${base}/${place}/batchGet`]: refused }, async ({ url }) => {
      const error = await failure(getTrace(connect(url), { traceId: id }));
      expect(error.message).toMatch(
        /SELECT.*tables of main\.agents\.shop.*CAN USE on the SQL warehouse.*tracelake grant/,
      );
    });
  });
});

describe("a search", () => {
  const first = { trace_infos: [info("a".repeat(32)), info("b".repeat(32))], next_page_token: "p2" };
  const second = { trace_infos: [info("c".repeat(32))] };
  const bodies = (seen: readonly SeenRequest[]) =>
    seen.filter(({ body }) => body !== "").map(({ body }) => JSON.parse(body) as Record<string, unknown>);

  it("goes on in the workspace and is read page by page", async () => {
    let polls = 0;
    const routes: Routes = {
      [`POST ${base}/search-long-running`]: ({ body }) =>
        body.includes("p2") ? { body: { name: "op-2", done: true, response: second } } : { body: { name: "op-1" } },
      [`GET ${base}/search/operations/op-1`]: () => ({
        body: (polls += 1) < 2 ? { name: "op-1", done: false } : { name: "op-1", done: true, response: first },
      }),
    };
    await withServer(routes, async ({ url, seen }) => {
      const found = await collect(
        searchTraceSummaries(connect(url), {
          locations: [place],
          filter: "trace.status = 'OK'",
          orderBy: ["timestamp_ms ASC"],
          pageSize: 2,
        }),
      );
      expect(found.map(({ traceId }) => traceId.slice(-1))).toEqual(["a", "b", "c"]);
      expect(bodies(seen)[0]).toEqual({
        locations: [toTraceLocation(parseLocation(place))],
        max_results: 2,
        filter: "trace.status = 'OK'",
        order_by: ["timestamp_ms ASC"],
        sql_warehouse_id: "wh1",
      });
      expect(bodies(seen)[1]).toMatchObject({ page_token: "p2" });
    });
  });

  it("uses the plain search of an older workspace, and stops where enough is read", async () => {
    await withServer({ [`POST ${base}/search`]: { body: first } }, async ({ url, seen }) => {
      const found = await collect(searchTraceSummaries(connect(url), { locations: [place], limit: 1 }));
      expect(found).toHaveLength(1);
      expect(bodies(seen).map(({ max_results: most }) => most)).toEqual([1, 1]);
    });
  });

  it("reads the traces of an experiment from an MLflow server", async () => {
    const answer = {
      body: {
        traces: [
          {
            ...info(`tr-${hex}`),
            trace_location: { type: "MLFLOW_EXPERIMENT", mlflow_experiment: { experiment_id: "7" } },
          },
        ],
      },
    };
    const one = { body: { trace: { trace_info: { trace_id: `tr-${hex}` }, spans: [span(1, undefined)] } } };
    const routes = { "POST /api/3.0/mlflow/traces/search": answer, "GET /api/3.0/mlflow/traces/get": one };
    await withServer(routes, async ({ url, seen }) => {
      const [trace] = await collect(searchTraces(connect(url), { experimentIds: ["7"] }));
      expect(trace).toMatchObject({ info: { traceId: `tr-${hex}` }, spans: [{ name: "span 1" }] });
      expect(bodies(seen)[0]).toEqual({
        locations: [{ type: "MLFLOW_EXPERIMENT", mlflow_experiment: { experiment_id: "7" } }],
        max_results: 100,
      });
    });
  });

  it("asks an older workspace for the long-running search once", async () => {
    const routes: Routes = {
      [`POST ${base}/search`]: ({ body }) => ({ body: body.includes("p2") ? second : first }),
    };
    await withServer(routes, async ({ url, seen }) => {
      const found = await collect(searchTraceSummaries(connect(url), { locations: [place], pageSize: 2 }));
      expect(found).toHaveLength(3);
      expect(seen.map(({ url: path }) => path.split("/").at(-1))).toEqual(["search-long-running", "search", "search"]);
    });
  });

  it.each([
    ["in the workspace", { locations: [place] }, `POST ${base}/search-long-running`, { body: { name: "op" } }],
    ["in an older workspace", { locations: [place] }, `POST ${base}/search`, { status: 503 }],
    ["for traces of an experiment", { experimentIds: ["7"] }, "POST /api/3.0/mlflow/traces/search", { status: 503 }],
  ])("%s ends in the time it is given, however often it asks", async (_, where, route, answer) => {
    await withServer({ [route]: answer }, async ({ url }) => {
      const started = Date.now();
      const search = collect(searchTraceSummaries(connect(url), { ...where, timeoutMillis: 100 }));
      expect((await failure(search)).message).toMatch(/took too long.*give a larger `timeoutMillis`/);
      expect(Date.now() - started).toBeLessThan(400);
    });
  });

  it("reads every digit that an MLflow server sends as a number", async () => {
    const exact = 1_777_894_620_000_000_001n;
    const value = 12_345_678_901_234_567_890n;
    const sent = stringifyJson({
      trace: {
        trace_info: {
          trace_id: `tr-${hex}`,
          assessments: [{ assessment_name: "a", feedback: { value: [value] } }],
        },
        spans: [{ name: "s", start_time_unix_nano: exact, attributes: [{ key: "d", value: { double_value: value } }] }],
      },
    });
    await withServer({ "GET /api/3.0/mlflow/traces/get": { text: sent } }, async ({ url }) => {
      const trace = await getTrace(connect(url), { traceId: `tr-${hex}` });
      expect(trace.spans[0]).toMatchObject({ startTimeUnixNano: exact, attributes: { d: Number(value) } });
      expect(trace.info.assessments[0]?.value).toEqual([Number(value)]);
    });
  });

  it("reads spans ten traces at a time", async () => {
    const ids = Array.from({ length: 12 }, (_, index) => index.toString(16).padStart(32, "0"));
    const routes: Routes = {
      [`POST ${base}/search`]: { body: { trace_infos: ids.map(info) } },
      [`GET ${base}/${place}/batchGet`]: (request) => ({
        body: {
          traces: queryOf(request).flatMap(([name, value]) =>
            name === "trace_ids" ? [{ trace_info: info(value), spans: [span(1, undefined)] }] : [],
          ),
        },
      }),
    };
    await withServer(routes, async ({ url, seen }) => {
      const found = await collect(searchTraces(connect(url), { locations: [place] }));
      expect(found.map(({ spans }) => spans.length)).toEqual(ids.map(() => 1));
      expect(seen.filter(({ url: path }) => path.includes("batchGet"))).toHaveLength(2);
    });
  });

  it("whose filter is wrong passes on what the workspace says", async () => {
    const failed = { error_code: "INVALID_PARAMETER_VALUE", message: "Invalid clause(s) in filter string: 'nonsense'" };
    await withServer(
      { [`POST ${base}/search-long-running`]: { body: { name: "op", error: failed } } },
      async ({ url }) => {
        const search = collect(searchTraceSummaries(connect(url), { locations: [place], filter: "nonsense" }));
        expect((await failure(search)).message).toContain("Invalid clause(s) in filter string: 'nonsense'");
      },
    );
  });

  it("without a place is refused before anybody is asked", async () => {
    const search = collect(searchTraceSummaries(connect("http://127.0.0.1:9"), {}));
    expect((await failure(search)).message).toMatch(/neither `locations` nor `experimentIds`/);
  });
});

describe("what stands beside a trace", () => {
  it("changes by the version of the interface that the id belongs to", async () => {
    const routes: Routes = {
      [`PATCH ${base}/${place}/${hex}/tags`]: {},
      [`DELETE ${base}/${place}/${hex}/tags/k%2Fey`]: {},
      [`PATCH /api/2.0/mlflow/traces/tr-${hex}/tags`]: {},
      [`DELETE /api/2.0/mlflow/traces/tr-${hex}/tags`]: {},
      [`POST ${base}/${place}/link-to-run/batchCreate`]: {},
      "POST /api/2.0/mlflow/traces/unlink-from-run": {},
    };
    await withServer(routes, async ({ url, seen }) => {
      const connection = connect(url);
      for (const traceId of [id, `tr-${hex}`]) {
        await setTraceTag(connection, { traceId, key: "k/ey", value: "v" });
        await deleteTraceTag(connection, { traceId, key: "k/ey" });
      }
      const many = Array.from({ length: 101 }, (_, index) => `trace:/${place}/${index.toString(16).padStart(32, "0")}`);
      await linkTracesToRun(connection, { traceIds: many, runId: "run1" });
      await unlinkTracesFromRun(connection, {
        traceIds: many.map((each) => `tr-${each.slice(-32)}`),
        runId: "run1",
      });
      expect(seen.map(({ method, url: path, body }) => [method, path, body.slice(0, 60)])).toEqual([
        ["PATCH", `${base}/${place}/${hex}/tags?sql_warehouse_id=wh1`, '{"key":"k/ey","value":"v"}'],
        ["DELETE", `${base}/${place}/${hex}/tags/k%2Fey?sql_warehouse_id=wh1`, ""],
        ["PATCH", `/api/2.0/mlflow/traces/tr-${hex}/tags`, '{"key":"k/ey","value":"v"}'],
        ["DELETE", `/api/2.0/mlflow/traces/tr-${hex}/tags`, '{"key":"k/ey"}'],
        [
          "POST",
          `${base}/${place}/link-to-run/batchCreate?sql_warehouse_id=wh1`,
          '{"location_id":"main.agents.shop","trace_ids":["000000000000',
        ],
        [
          "POST",
          `${base}/${place}/link-to-run/batchCreate?sql_warehouse_id=wh1`,
          '{"location_id":"main.agents.shop","trace_ids":["000000000000',
        ],
        [
          "POST",
          "/api/2.0/mlflow/traces/unlink-from-run",
          '{"trace_ids":["tr-00000000000000000000000000000000","tr-0000',
        ],
        [
          "POST",
          "/api/2.0/mlflow/traces/unlink-from-run",
          '{"trace_ids":["tr-00000000000000000000000000000064"],"run_id',
        ],
      ]);
    });
  });
});
