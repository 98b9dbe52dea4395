import { tablesOf, parseLocation } from "@tracelake/wire";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openRestApp, type RestApp } from "./rest-app.ts";
import { makeSpan, traceIdOf, traceRequest } from "./telemetry.ts";

let rest: RestApp;
beforeEach(async () => {
  rest = await openRestApp();
});
afterEach(() => rest.store.close());

const refused = (status: number, code: string, message: string) => [
  status,
  { error_code: code, message: expect.stringContaining(message) as string },
];

const newExperiment = async (name = "/Shared/a"): Promise<string> => {
  const [, answer] = await rest.json("POST", "/api/2.0/mlflow/experiments/create", { name });
  return (answer as { experiment_id: string }).experiment_id;
};

const prefix = { uc_table_prefix: { catalog_name: "main", schema_name: "agents", table_prefix: "shop" } };
const schema = { uc_schema: { catalog_name: "main", schema_name: "agents" } };

describe("tokens for service principals", () => {
  const form = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
    rest.app.request("/oidc/v1/token", { method: "POST", body: new URLSearchParams(fields), headers });

  it("are given to who knows the secret, and are good as the server's own", async () => {
    const basic = `Basic ${Buffer.from("me:secret").toString("base64")}`;
    for (const answer of [
      await form({ grant_type: "client_credentials", scope: "all-apis" }, { authorization: basic }),
      await form({ grant_type: "client_credentials", client_id: "me", client_secret: "secret" }),
    ]) {
      const token = (await answer.json()) as { access_token: string };
      expect(token).toMatchObject({ token_type: "Bearer", expires_in: 3600, scope: "all-apis" });
      const asked = await rest.app.request("/api/2.0/sql/warehouses", {
        headers: { authorization: `Bearer ${token.access_token}` },
      });
      expect(asked.status).toBe(200);
    }
  });

  it("are refused to others", async () => {
    const wrong = await form({ grant_type: "client_credentials", client_id: "me", client_secret: "other" });
    expect([wrong.status, await wrong.json()]).toMatchObject([401, { error: "invalid_client" }]);
    const other = await form({ grant_type: "password" });
    expect([other.status, await other.json()]).toMatchObject([400, { error: "unsupported_grant_type" }]);
  });

  it("are found by the addresses that clients ask first", async () => {
    const config = (await (await rest.app.request("/.well-known/databricks-config")).json()) as {
      oidc_endpoint: string;
    };
    const answer = await rest.app.request(`${config.oidc_endpoint}/.well-known/oauth-authorization-server`);
    expect(await answer.json()).toMatchObject({ token_endpoint: `${config.oidc_endpoint}/v1/token` });
  });
});

describe("experiments", () => {
  it("are searched by name and tag, in order and page by page", async () => {
    for (const name of ["/Shared/a", "/Shared/b", "/Repos/c"]) await newExperiment(name);
    const base = "/api/2.0/mlflow/experiments";
    await rest.json("POST", `${base}/set-experiment-tag`, { experiment_id: "2", key: "team", value: "x" });
    const names = async (search: object) => {
      const [, answer] = await rest.json("POST", `${base}/search`, search);
      return (answer as { experiments: { name: string }[] }).experiments.map(({ name }) => name);
    };
    expect(await names({})).toEqual(["/Repos/c", "/Shared/b", "/Shared/a"]);
    expect(await names({ filter: "name LIKE '/Shared/%'", order_by: ["name ASC"] })).toEqual([
      "/Shared/a",
      "/Shared/b",
    ]);
    expect(await names({ filter: "tags.team = 'x' AND name ILIKE '/SHARED/%'" })).toEqual(["/Shared/b"]);
    const [, page] = await rest.json("POST", `${base}/search`, { max_results: 2 });
    const { next_page_token: token } = page as { next_page_token: string };
    expect(await names({ max_results: 2, page_token: token })).toEqual(["/Shared/a"]);
    expect(await rest.json("POST", `${base}/delete`, { experiment_id: "1" })).toEqual([200, {}]);
    expect(await names({ view_type: "DELETED_ONLY" })).toEqual(["/Shared/a"]);
    expect(await rest.json("POST", `${base}/search`, { filter: "name ~ 'a'" })).toEqual(
      refused(400, "INVALID_PARAMETER_VALUE", "Invalid clause(s) in filter string"),
    );
  });

  it("have absolute names", async () => {
    expect(await rest.json("POST", "/api/2.0/mlflow/experiments/create", { name: "mine" })).toEqual(
      refused(400, "INVALID_PARAMETER_VALUE", "must be an absolute path within the Databricks workspace"),
    );
  });
});

describe("traces that an experiment keeps itself", () => {
  it("are told of without their spans, and forgotten with all that was known of them", async () => {
    const traces = "/api/3.0/mlflow/traces";
    const experimentId = await newExperiment();
    const ids = [traceIdOf(1), traceIdOf(2)];
    for (const id of ids) {
      const info = {
        trace_id: `tr-${id}`,
        trace_location: { type: "MLFLOW_EXPERIMENT", mlflow_experiment: { experiment_id: experimentId } },
        request_time: "2026-11-22T15:51:58.779Z",
        state: "OK",
      };
      expect(await rest.json("POST", traces, { trace: { trace_info: info } })).toMatchObject([200, {}]);
    }
    const names = ids.map((id) => `tr-${id}`);
    expect(
      await rest.json("POST", `${traces}/batchGetInfos`, { trace_ids: [...names, `tr-${traceIdOf(9)}`] }),
    ).toMatchObject([200, { trace_infos: names.map((name) => ({ trace_id: name, state: "OK" })) }]);
    const deletion = { experiment_id: experimentId, request_ids: names.slice(0, 1) };
    expect(await rest.json("POST", `${traces}/delete-traces`, deletion)).toEqual([200, { traces_deleted: 1 }]);
    expect(await rest.json("POST", `${traces}/delete-traces`, deletion)).toEqual([200, { traces_deleted: 0 }]);
    expect(await Promise.all(ids.map((id) => rest.store.experiments.ofTrace(id)))).toEqual([undefined, experimentId]);
    expect((await rest.call("GET", `${traces}/get?trace_id=${names[0]}`)).status).toBe(404);
  });
});

describe("trace locations", () => {
  it("of the schema form are made once, linked and unlinked", async () => {
    const id = await newExperiment();
    const base = "/api/4.0/mlflow/traces";
    const made = await rest.json("POST", `${base}/location`, { ...schema, sql_warehouse_id: "local" });
    expect(made).toMatchObject([200, { uc_schema: { otel_spans_table_name: "mlflow_experiment_trace_otel_spans" } }]);
    expect(await rest.json("POST", `${base}/location`, schema)).toEqual(
      refused(409, "ALREADY_EXISTS", "already exists"),
    );
    expect(await rest.json("POST", `${base}/${id}/link-location`, schema)).toEqual([200, {}]);
    expect(await rest.json("POST", `${base}/${id}/link-location`, schema)).toEqual([200, {}]);
    const other = { uc_schema: { catalog_name: "main", schema_name: "other" } };
    expect(await rest.json("POST", `${base}/${id}/link-location`, other)).toEqual(
      refused(400, "INVALID_PARAMETER_VALUE", "already linked to the trace location main.agents"),
    );
    const shouted = { uc_schema: { catalog_name: "Main", schema_name: "AGENTS" } };
    expect(await rest.json("POST", `${base}/${id}/link-location`, shouted)).toEqual([200, {}]);
    expect(await rest.json("POST", `${base}/${id}/unlink-location`, shouted)).toEqual([200, {}]);
    expect(await rest.json("POST", `${base}/${id}/unlink-location`, schema)).toEqual(
      refused(400, "INVALID_PARAMETER_VALUE", "is linked to no trace location"),
    );
    expect(await rest.json("POST", `${base}/999/link-location`, schema)).toEqual(
      refused(404, "RESOURCE_DOES_NOT_EXIST", "No Experiment with id=999 exists"),
    );
  });

  it("of the prefix form are made or found, and known by their id", async () => {
    const base = "/api/5.0/mlflow/tracing/locations";
    const first = await rest.json("POST", base, prefix);
    expect(first).toEqual(await rest.json("POST", base, prefix));
    const [, answer] = first as [number, { uc_table_prefix: { location_id: string } }];
    expect(answer.uc_table_prefix).toMatchObject({ annotations_table_name: "main.agents.shop_otel_annotations" });
    expect(await rest.json("GET", `${base}/${answer.uc_table_prefix.location_id}`)).toEqual(first);
    expect((await rest.call("GET", `${base}/nonsense`)).status).toBe(404);
    const reserved = { uc_table_prefix: { ...prefix.uc_table_prefix, table_prefix: "mlflow_experiment_trace" } };
    expect(await rest.json("POST", base, reserved)).toEqual(refused(400, "INVALID_PARAMETER_VALUE", "is reserved"));
    expect((await rest.call("POST", base, { ...prefix, ...schema })).status).toBe(400);
  });

  it("need a warehouse that is there and runs, where one is named", async () => {
    const warehouses = "/api/2.0/sql/warehouses";
    const make = (id: string) =>
      rest.json("POST", "/api/5.0/mlflow/tracing/locations", { ...prefix, sql_warehouse_id: id });
    expect(await make("nope")).toEqual(
      refused(404, "RESOURCE_DOES_NOT_EXIST", "SQL warehouse with ID nope does not exist"),
    );
    await rest.json("POST", `${warehouses}/local/stop`);
    expect(await make("local")).toEqual(refused(400, "INVALID_PARAMETER_VALUE", "is not running"));
    await rest.json("POST", `${warehouses}/local/start`);
    expect(await rest.json("GET", `${warehouses}/local`)).toMatchObject([200, { state: "STARTING" }]);
    expect(await rest.json("GET", `${warehouses}/local`)).toMatchObject([200, { state: "RUNNING" }]);
    expect((await make("local"))[0]).toBe(200);
  });
});

describe("assessments", () => {
  const path = `/api/4.0/mlflow/traces/main.agents.shop/${traceIdOf(1)}/assessments`;
  const given = {
    assessment_name: "helpful",
    source: { source_type: "HUMAN", source_id: "ada" },
    feedback: { value: true },
  };

  it("are changed by a mask that clients write behind the id without a question mark", async () => {
    const [, made] = await rest.json("POST", path, given);
    const { assessment_id: id } = made as { assessment_id: string };
    const changed = await rest.json("PATCH", `${path}/${id}&update_mask=assessment_name,rationale`, {
      assessment_name: "useful",
      rationale: "really",
      feedback: { value: false },
    });
    expect(changed).toMatchObject([200, { assessment_name: "useful", rationale: "really", feedback: { value: true } }]);
    expect(await rest.json("PATCH", `${path}/${id}?update_mask=colour`, {})).toEqual(
      refused(400, "INVALID_PARAMETER_VALUE", "Invalid field in update_mask: colour"),
    );
  });

  it("are refused where something is missing", async () => {
    const { source, feedback, ...named } = given;
    expect(await rest.json("POST", path, { ...named, feedback, source: { source_type: "HUMAN" } })).toEqual(
      refused(400, "INVALID_PARAMETER_VALUE", "Missing required field: assessment.source.source_id"),
    );
    expect((await rest.call("POST", path, { ...named, source })).status).toBe(400);
    expect((await rest.call("POST", path, { ...given, expectation: { value: 1 } })).status).toBe(400);
    expect(await rest.json("DELETE", `${path}/a-1`)).toMatchObject([404, { error_code: "RESOURCE_DOES_NOT_EXIST" }]);
  });

  it("of several traces are taken in one request, all of them or none", async () => {
    const batch = "/tracelake/traces/main.agents.shop/assessments";
    const all = [1, 2].map((number) => ({ ...given, trace_id: traceIdOf(number) }));
    const [status, made] = await rest.json("POST", batch, { assessments: all });
    expect(status).toBe(200);
    const ids = (made as { assessment_ids: string[] }).assessment_ids;
    expect(await rest.json("GET", `${path}/${ids[0]}`)).toMatchObject([200, { assessment_name: "helpful" }]);
    const second = `/api/4.0/mlflow/traces/main.agents.shop/${traceIdOf(2)}/assessments/${ids[1]}`;
    expect(await rest.json("GET", second)).toMatchObject([200, { feedback: { value: true } }]);

    const count = async () =>
      (await rest.store.query("SELECT count(*) FROM main.agents.shop_otel_annotations", {})).rows;
    const before = await count();
    const { feedback: _, ...nothing } = given;
    for (const bad of [nothing, { ...given, overrides: ids[0] }]) {
      const mixed = [...all, { ...bad, trace_id: traceIdOf(3) }];
      expect((await rest.call("POST", batch, { assessments: mixed })).status).toBe(400);
    }
    expect((await rest.call("POST", batch, { assessments: [given] })).status).toBe(400);
    expect(await count()).toEqual(before);
  });

  it("of several traces are taken only from who may change them", async () => {
    const form = { grant_type: "client_credentials", client_id: "me", client_secret: "secret" };
    const answer = await rest.app.request("/oidc/v1/token", { method: "POST", body: new URLSearchParams(form) });
    const { access_token: token } = (await answer.json()) as { access_token: string };
    await rest.store.traces.createLocation("main.agents.shop");
    const asked = await rest.app.request("/tracelake/traces/main.agents.shop/assessments", {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ assessments: [{ ...given, trace_id: traceIdOf(1) }] }),
    });
    expect(asked.status).toBe(403);
  });
});

describe("traces without an info", () => {
  it.each(["a.b", "a/b", "a~1b", "it's", "$.a", "0"])("are found by an attribute called %s", async (key) => {
    const location = parseLocation("main.agents.shop");
    const span = makeSpan(1, 1, { attributes: { [key]: "x" } });
    await rest.store.ingestTraces(tablesOf(location).spans, traceRequest(span));
    const search = async (value: string) => {
      const filter = `span.attributes.\`${key}\` = '${value}'`;
      const [, page] = await rest.json("POST", "/api/4.0/mlflow/traces/search", { locations: [prefix], filter });
      return (page as { trace_infos: unknown[] }).trace_infos.length;
    };
    expect([await search("x"), await search("y")]).toEqual([1, 0]);
  });

  it("have what their root span says, as a plain exporter sends it", async () => {
    const location = parseLocation("main.agents.shop");
    const attributes = {
      "session.id": "s",
      "user.id": "ada",
      "gen_ai.usage.input_tokens": 3,
      "gen_ai.usage.output_tokens": 4,
      "gen_ai.input.messages": [{ role: "user", content: "Where?" }],
    };
    const root = makeSpan(1, 1, { attributes, status: {} });
    await rest.store.ingestTraces(
      tablesOf(location).spans,
      traceRequest(root, makeSpan(2, 2, { parentSpanId: "f".repeat(16) })),
    );
    const [, found] = await rest.json("POST", "/api/4.0/mlflow/traces/search", {
      locations: [prefix],
      filter: "metadata.`mlflow.trace.session` = 's'",
    });
    expect(found).toMatchObject({
      trace_infos: [
        {
          trace_id: traceIdOf(1),
          state: "STATE_UNSPECIFIED",
          trace_metadata: {
            "mlflow.trace.user": "ada",
            "mlflow.trace.tokenUsage": '{"input_tokens":3,"output_tokens":4,"total_tokens":7}',
          },
        },
      ],
    });
  });

  it("are not found where there is no location", async () => {
    expect(await rest.json("POST", "/api/4.0/mlflow/traces/search", { locations: [prefix] })).toEqual(
      refused(404, "NOT_FOUND", "TABLE_DOES_NOT_EXIST"),
    );
  });
});

describe("the registry of scorers", () => {
  const base = "/api/3.0/mlflow/scorers";

  it("keeps versions and how much each scorer is to see", async () => {
    const id = await newExperiment();
    const scorer = { experiment_id: id, name: "safe", serialized_scorer: '{"name":"safe"}' };
    expect(await rest.json("POST", `${base}/register`, scorer)).toMatchObject([200, { version: 1, name: "safe" }]);
    const [, second] = await rest.json("POST", `${base}/register`, scorer);
    const { scorer_id: scorerId } = second as { scorer_id: string };
    expect(await rest.json("GET", `${base}/list?experiment_id=${id}`)).toMatchObject([
      200,
      { scorers: [{ scorer_name: "safe", scorer_version: 2 }] },
    ]);
    expect(await rest.json("GET", `${base}/get?experiment_id=${id}&name=safe&version=1`)).toMatchObject([
      200,
      { scorer: { scorer_version: 1 } },
    ]);
    const config = { experiment_id: id, name: "safe", sample_rate: 0.5, filter_string: "status = 'OK'" };
    expect(await rest.json("PUT", `${base}/online-config`, config)).toMatchObject([
      200,
      { config: { sample_rate: 0.5 } },
    ]);
    expect(await rest.json("GET", `${base}/online-configs?scorer_ids=${scorerId}`)).toMatchObject([
      200,
      { configs: [{ scorer_id: scorerId, filter_string: "status = 'OK'" }] },
    ]);
    expect(await rest.json("PUT", `${base}/online-config`, { ...config, sample_rate: 2 })).toEqual(
      refused(400, "INVALID_PARAMETER_VALUE", "sample_rate must be between 0.0 and 1.0, got 2"),
    );
    expect(await rest.json("DELETE", `${base}/delete`, { experiment_id: id, name: "safe" })).toEqual([200, {}]);
    expect(await rest.json("GET", `${base}/versions?experiment_id=${id}&name=safe`)).toEqual(
      refused(404, "RESOURCE_DOES_NOT_EXIST", "Scorer with name 'safe' not found for experiment"),
    );
  });

  it("refuses what is no JSON", async () => {
    const id = await newExperiment();
    expect(
      await rest.json("POST", `${base}/register`, { experiment_id: id, name: "a", serialized_scorer: "x" }),
    ).toEqual(refused(400, "INVALID_PARAMETER_VALUE", "serialized_scorer must be valid JSON"));
  });
});

describe("scheduled scorers", () => {
  it("are made once, then replaced as a whole, at most twenty", async () => {
    const path = `/api/2.0/managed-evals/scheduled-scorers/${await newExperiment()}`;
    const scorers = (count: number) => ({
      scheduled_scorers: {
        scorers: Array.from({ length: count }, (_, index) => ({
          name: `s${index}`,
          serialized_scorer: "{}",
          custom: {},
        })),
      },
    });
    expect(await rest.json("PATCH", path, scorers(1))).toMatchObject([404, { error_code: "NOT_FOUND" }]);
    expect(await rest.json("POST", path, scorers(2))).toMatchObject([
      200,
      { scheduled_scorers: { scorers: [{}, {}] } },
    ]);
    expect(await rest.json("POST", path, scorers(1))).toMatchObject([409, { error_code: "ALREADY_EXISTS" }]);
    expect(await rest.json("PATCH", path, scorers(1))).toMatchObject([
      200,
      { scheduled_scorers: { scorers: [{ name: "s0", scorer_version: 1, sample_rate: 0 }] } },
    ]);
    expect((await rest.call("PATCH", path, scorers(21))).status).toBe(400);
  });
});

describe("a statement", () => {
  it("is one: answers of others are not lost without a word", async () => {
    const answer = await rest.json("POST", "/api/2.0/sql/statements", { statement: "SELECT 1; SELECT 2" });
    expect(answer).toMatchObject([
      200,
      { status: { state: "FAILED", error: { message: expect.stringContaining("2 statements") } } },
    ]);
  });
});
