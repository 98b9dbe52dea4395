import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openRestApp, type RestApp } from "./rest-app.ts";
import { makeSpan, traceRequest } from "./telemetry.ts";

const table = "main.agents.shop_otel_spans";
const base = "/api/2.1/unity-catalog";

let rest: RestApp;
beforeEach(async () => {
  rest = await openRestApp();
  await rest.store.ingestTraces(table, traceRequest(makeSpan(1, 1)));
});
afterEach(() => rest.store.close());

const sql = async (statement: string, headers: Record<string, string> = {}) => {
  const answer = await rest.app.request("/api/2.0/sql/statements", {
    method: "POST",
    headers: { authorization: "Bearer the-token", ...headers },
    body: JSON.stringify({ statement }),
  });
  return (await answer.json()) as {
    status: { state: string; error?: { message: string } };
    result?: { data_array: unknown };
  };
};

/** The header of the workspace's service principal. */
const asPrincipal = async (): Promise<Record<string, string>> => {
  const form = { grant_type: "client_credentials", client_id: "me", client_secret: "secret" };
  const answer = await rest.app.request("/oidc/v1/token", { method: "POST", body: new URLSearchParams(form) });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  return { authorization: `Bearer ${token}` };
};

describe("grants", () => {
  it("by SQL and by REST are the same ones", async () => {
    await sql("GRANT USE CATALOG ON CATALOG main TO `ana@example.com`");
    await sql(`GRANT SELECT, MODIFY ON ${table} TO \`ana@example.com\``);
    const changes = [
      { principal: "ana@example.com", remove: ["MODIFY"] },
      { principal: "bo", add: ["ALL PRIVILEGES"] },
    ];
    expect(await rest.json("PATCH", `${base}/permissions/table/${table}`, { changes })).toEqual([
      200,
      {
        privilege_assignments: [
          { principal: "ana@example.com", privileges: ["SELECT"] },
          { principal: "bo", privileges: ["ALL_PRIVILEGES"] },
        ],
      },
    ]);
    expect(await rest.json("GET", `${base}/effective-permissions/table/${table}?principal=Ana@example.com`)).toEqual([
      200,
      {
        privilege_assignments: [
          {
            principal: "ana@example.com",
            privileges: [
              { privilege: "SELECT" },
              { privilege: "USE_CATALOG", inherited_from_type: "CATALOG", inherited_from_name: "main" },
            ],
          },
        ],
      },
    ]);
    expect((await sql(`SHOW GRANTS ON TABLE ${table}`)).result?.data_array).toEqual([
      ["ana@example.com", "SELECT", "TABLE", table],
      ["ana@example.com", "USE CATALOG", "CATALOG", "main"],
      ["bo", "ALL PRIVILEGES", "TABLE", table],
    ]);
    await sql(`REVOKE ALL PRIVILEGES ON TABLE ${table.toUpperCase()} FROM BO`);
    expect((await sql(`SHOW GRANTS bo ON TABLE ${table}`)).result?.data_array).toEqual([]);
  });

  it("on what is not there are refused, by name", async () => {
    for (const [statement, message] of [
      ["GRANT SELECT ON TABLE main.agents.none TO bo", /TABLE_OR_VIEW_NOT_FOUND.*main\.agents\.none/],
      ["GRANT USE SCHEMA ON SCHEMA main.none TO bo", /SCHEMA_NOT_FOUND/],
      ["GRANT USE CATALOG ON CATALOG none TO bo", /NO_SUCH_CATALOG/],
    ] as const) {
      expect((await sql(statement)).status).toMatchObject({
        state: "FAILED",
        error: { message: expect.stringMatching(message) as string },
      });
    }
    expect(await rest.json("GET", `${base}/permissions/table/main.agents.none`)).toEqual([
      404,
      { error_code: "TABLE_DOES_NOT_EXIST", message: "Table 'main.agents.none' does not exist." },
    ]);
    expect(await rest.json("GET", `${base}/permissions/volume/a.b.c`)).toMatchObject([400, {}]);
    expect(await rest.json("GET", `${base}/permissions/table/main`)).toMatchObject([400, {}]);
  });

  it("are what a service principal reads, writes and deletes by, also with SQL", async () => {
    const principal = await asPrincipal();
    const failure = async (statement: string) => (await sql(statement, principal)).status.error?.message;
    expect((await sql("SELECT current_user()", principal)).result?.data_array).toEqual([["me"]]);
    expect(await failure(`SELECT * FROM ${table}`)).toMatch(/User does not have USE CATALOG on Catalog 'main'/);
    await sql("GRANT USE CATALOG, USE SCHEMA, SELECT ON CATALOG main TO `account users`");
    expect((await sql(`WITH a AS (SELECT name FROM ${table}) SELECT * FROM a`, principal)).status.state).toBe(
      "SUCCEEDED",
    );
    expect(await failure(`DELETE FROM ${table} WHERE name = 'x'`)).toMatch(/does not have MODIFY on Table/);
    expect(await failure("CREATE VIEW main.agents.mine AS SELECT 1 AS a")).toMatch(/does not have MANAGE/);
    expect(await failure(`GRANT MODIFY ON TABLE ${table} TO me`)).toMatch(/does not have MANAGE/);
    const patched = await rest.app.request(`${base}/permissions/table/${table}`, {
      method: "PATCH",
      headers: principal,
      body: JSON.stringify({ changes: [{ principal: "me", add: ["MODIFY"] }] }),
    });
    expect(patched.status).toBe(403);
  });

  it("hold for every table that a statement reads, whatever name it goes by", async () => {
    const principal = await asPrincipal();
    const failure = async (statement: string) => (await sql(statement, principal)).status.error?.message;
    const lacks = /User does not have USE CATALOG on Catalog 'main'/;
    for (const statement of [
      "USE main.agents; SELECT name FROM shop_otel_spans",
      "USE CATALOG main; SELECT name FROM agents.shop_otel_spans",
      "USE main.agents; DELETE FROM shop_otel_spans",
      "USE main.agents; WITH shop_otel_spans AS (SELECT * FROM shop_otel_spans) SELECT name FROM shop_otel_spans",
      "USE main.agents; WITH RECURSIVE shop_otel_spans AS (SELECT * FROM shop_otel_spans) SELECT name FROM shop_otel_spans",
      "USE main.agents; WITH RECURSIVE shop_otel_spans AS (SELECT name FROM shop_otel_spans UNION ALL SELECT name FROM shop_otel_spans WHERE FALSE) SELECT name FROM shop_otel_spans",
    ]) {
      expect([statement, await failure(statement)]).toEqual([statement, expect.stringMatching(lacks)]);
    }
    const incomplete = /is not the full name of a table or view/;
    expect(await failure("SELECT * FROM agents.shop_otel_spans")).toMatch(incomplete);
    expect(await failure("SELECT * FROM __tracelake.main.grants")).toMatch(incomplete);
    expect((await sql(`SELECT count(*) FROM ${table}`)).result?.data_array).toEqual([["1"]]);
    const own = await sql("WITH a AS (SELECT 1 AS x) SELECT * FROM a", principal);
    expect(own.result?.data_array).toEqual([["1"]]);
  });

  it("to make tables make their maker the owner, who may grant on", async () => {
    const principal = await asPrincipal();
    const make = () =>
      rest.app.request("/api/5.0/mlflow/tracing/locations", {
        method: "POST",
        headers: principal,
        body: JSON.stringify({
          uc_table_prefix: { catalog_name: "main", schema_name: "agents", table_prefix: "own" },
        }),
      });
    expect((await make()).status).toBe(403);
    await sql("GRANT USE CATALOG, USE SCHEMA, CREATE TABLE ON CATALOG main TO me");
    expect((await make()).status).toBe(200);
    const own = "main.agents.own_otel_spans";
    expect(await rest.json("GET", `${base}/tables/${own}`)).toMatchObject([
      200,
      { owner: "me", properties: { "otel.schemaVersion": "v2" } },
    ]);
    expect((await sql(`GRANT SELECT ON TABLE ${own} TO bo`, principal)).status.state).toBe("SUCCEEDED");
    expect((await sql(`SELECT * FROM ${own}`, principal)).status.state).toBe("SUCCEEDED");
  });

  it("hold in the APIs that name traces by their ids alone", async () => {
    const principal = await asPrincipal();
    const trace = `trace:/main.agents.shop/${"1".padStart(32, "0")}`;
    const id = encodeURIComponent(trace);
    const prefix = { catalog_name: "main", schema_name: "agents", table_prefix: "shop" };
    const assessment = {
      assessment_name: "a",
      source: { source_type: "HUMAN", source_id: "x" },
      feedback: { value: true },
    };
    const requests: readonly (readonly [string, string, unknown?])[] = [
      ["GET", `/api/3.0/mlflow/traces/get?trace_id=${id}`],
      ["GET", `/api/3.0/mlflow/traces/batchGet?trace_ids=${id}`],
      ["GET", `/api/3.0/mlflow/traces/${id}`],
      ["POST", "/api/3.0/mlflow/traces/batchGetInfos", { trace_ids: [trace] }],
      ["POST", "/api/3.0/mlflow/traces/search", { locations: [{ uc_table_prefix: prefix }] }],
      ["PATCH", `/api/2.0/mlflow/traces/${id}/tags`, { key: "a", value: "b" }],
      ["DELETE", `/api/3.0/mlflow/traces/${id}/tags`, { key: "a" }],
      ["POST", "/api/2.0/mlflow/traces/link-to-run", { trace_ids: [trace], run_id: "r" }],
      ["POST", `/api/3.0/mlflow/traces/${id}/assessments`, { assessment }],
      ["GET", `/api/2.0/mlflow/traces/${id}/assessments/a-1`],
      ["PATCH", `/api/2.0/mlflow/traces/${id}/assessments/a-1`, { assessment, update_mask: "rationale" }],
      ["DELETE", `/api/3.0/mlflow/traces/${id}/assessments/a-1`],
    ];
    for (const [method, path, body] of requests) {
      const answer = await rest.app.request(path, {
        method,
        headers: { ...principal, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      expect([method, path, answer.status]).toEqual([method, path, 403]);
    }
    const upload = `/api/2.0/mlflow/traces/${id}/credentials-for-data-upload`;
    expect(await rest.json("GET", upload)).toMatchObject([404, {}]);
  });

  it("hold however the location is spelled", async () => {
    const principal = await asPrincipal();
    for (const location of ["main.agents.shop", "main%2Eagents%2Eshop"]) {
      const answer = await rest.app.request(`/api/4.0/mlflow/traces/${location}/batchGet?trace_ids=${"1".repeat(32)}`, {
        headers: principal,
      });
      expect([location, answer.status]).toEqual([location, 403]);
    }
  });
});
