import fc from "fast-check";
import { traceIdOf } from "./telemetry.ts";

/** A trace that the workspace has. */
export const id = traceIdOf(1);
const names = [
  "main.agents.shop",
  "main.agents",
  "a.b.c.d",
  "..",
  "%00",
  "main.agents.shop'--",
  "x".repeat(300),
  "__proto__",
];
const traceNames = [id, `tr-${id}`, `trace:/main.agents.shop/${id}`, "get", "0", "%2F", "*"];
const tails = [
  "",
  "/info",
  "/tags",
  "/tags/k%2Fey",
  "/assessments",
  "/assessments/a-1",
  "/assessments/a-1&update_mask=%",
  "/batchGet",
];
/** One of some texts. */
export const oneOf = (...texts: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...texts);

const path: fc.Arbitrary<string> = fc.oneof(
  fc
    .tuple(oneOf(...names), oneOf(...traceNames), oneOf(...tails))
    .map(([name, trace, tail]) => `/api/4.0/mlflow/traces/${name}/${trace}${tail}`),
  oneOf("search", "search-long-running", "location", "search/operations/x").map(
    (end) => `/api/4.0/mlflow/traces/${end}`,
  ),
  fc
    .tuple(oneOf(...names), oneOf("batchGet?trace_ids=", "link-to-run/batchCreate", "link-location"))
    .map(([name, end]) => `/api/4.0/mlflow/traces/${name}/${end}`),
  oneOf("", "/x", "/bWFpbi5hZ2VudHMuc2hvcA").map((end) => `/api/5.0/mlflow/tracing/locations${end}`),
  oneOf("1", "-1", "x", "1e9").map((experiment) => `/api/5.0/mlflow/experiments/${experiment}/trace-location:link`),
  fc
    .tuple(
      oneOf("", "/search", "/batchGetInfos", "/get?trace_id=x", ...traceNames.map((name) => `/${name}`)),
      oneOf(...tails),
    )
    .map(([start, tail]) => `/api/3.0/mlflow/traces${start}${tail}`),
  oneOf("delete-traces", "link-to-run", `${id}/tags`, `${id}/credentials-for-data-upload`).map(
    (end) => `/api/2.0/mlflow/traces/${end}`,
  ),
  fc
    .tuple(oneOf("create", "get", "get-by-name", "search", "set-experiment-tag", "delete", "restore"), fc.nat(9))
    .map(([end, experiment]) => `/api/2.0/mlflow/experiments/${end}?experiment_id=${experiment}`),
  oneOf(
    "create",
    "get",
    "update",
    "delete",
    "restore",
    "search",
    "log-batch",
    "log-metric",
    "log-parameter",
    "log-inputs",
    "set-tag",
    "delete-tag",
  ).map((end) => `/api/2.0/mlflow/runs/${end}?run_id=x`),
  oneOf("register", "list", "get", "versions", "delete", "online-config", "online-configs").map(
    (end) => `/api/3.0/mlflow/scorers/${end}`,
  ),
  fc.nat(3).map((experiment) => `/api/2.0/managed-evals/scheduled-scorers/${experiment}`),
  fc
    .tuple(oneOf("c2FmZQ", "!!", ""), fc.nat(3))
    .map(([name, version]) => `/api/2.0/managed-evals/experiments/1/scorers/${name}/versions/${version}`),
  fc
    .tuple(oneOf("permissions", "effective-permissions"), oneOf("catalog", "table", "x"), oneOf(...names))
    .map(([kind, type, name]) => `/api/2.1/unity-catalog/${kind}/${type}/${name}`),
  fc
    .tuple(oneOf("catalogs", "schemas", "tables"), oneOf(...names))
    .map(([kind, name]) => `/api/2.1/unity-catalog/${kind}/${name}`),
  oneOf(
    "/api/2.0/sql/warehouses/local",
    "/api/2.0/sql/warehouses/x/start",
    "/api/2.0/sql/statements",
    "/api/2.0/preview/scim/v2/Me",
    "/oidc/v1/token",
    `/tracelake/signed/tr-${id}/traces.json?end=9&signature=x`,
    "/api/2.0/otel/v1/traces",
    "/sql/1.0/warehouses/local",
  ),
);

const words = [
  "filter",
  "locations",
  "trace_info",
  "assessment",
  "feedback",
  "uc_schema",
  "uc_table_prefix",
  "experiment_id",
  "tags",
  "name",
  "value",
  "key",
  "max_results",
  "order_by",
  "page_token",
  "statement",
  "scheduled_scorers",
  "__proto__",
  "constructor",
];
const leaves = [
  null,
  true,
  -1,
  1e308,
  2 ** 53,
  "",
  "x",
  "status = 'OK'",
  "1' OR '1'='1",
  "\u0000",
  "\ud800",
  "%",
  "🚚",
  "a".repeat(5000),
  "main",
  id,
];

const json = fc.letrec<{ value: unknown; object: object }>((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, fc.constantFrom(...leaves), tie("object"), fc.array(tie("value"), { maxLength: 3 })),
  object: fc.dictionary(fc.constantFrom(...words), tie("value"), { maxKeys: 5, noNullPrototype: true }),
}));

const body: fc.Arbitrary<Uint8Array<ArrayBuffer>> = fc
  .oneof(
    { weight: 6, arbitrary: json.object.map((value) => Buffer.from(JSON.stringify(value))) },
    { weight: 1, arbitrary: json.value.map((value) => Buffer.from(JSON.stringify(value).slice(1))) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
    { weight: 1, arbitrary: fc.constant(Buffer.from(`${"[".repeat(5000)}${"]".repeat(5000)}`)) },
  )
  .map((bytes) => Uint8Array.from(bytes));

/** A request to any path of the workspace, with a body that is seldom what it should be. */
export const request = fc.record({
  method: oneOf("GET", "POST", "PATCH", "PUT", "DELETE"),
  path,
  body,
  type: oneOf("application/json", "application/x-protobuf", "text/plain", "application/x-thrift"),
  encoding: fc.option(oneOf("gzip", "deflate", "br", "GZIP "), { freq: 20, nil: undefined }),
  table: fc.option(oneOf("main.agents.shop_otel_spans", "x_otel_spans", "..", "main.agents.shop_otel_spans'"), {
    nil: undefined,
  }),
});

/** Bytes with a few of them changed, cut out or put in. */
export const damaged = (whole: Uint8Array): fc.Arbitrary<Uint8Array<ArrayBuffer>> =>
  fc
    .array(fc.tuple(fc.nat(whole.length - 1), oneOf("change", "cut", "insert"), fc.nat(255)), {
      minLength: 1,
      maxLength: 5,
    })
    .map((changes) => {
      const bytes = [...whole];
      for (const [at, kind, value] of changes)
        bytes.splice(at, kind === "insert" ? 0 : 1, ...(kind === "cut" ? [] : [value]));
      return Uint8Array.from(bytes);
    });
