import { formatLocation, TracelakeError } from "@tracelake/wire";
import {
  connectWorkspace,
  createExperiment,
  grantStatements,
  grantTraceAccess,
  setExperiment,
  setExperimentTraceLocation,
  startWarehouse,
  unsetExperimentTraceLocation,
} from "@tracelake/workspace-client";
import { describe, expect, it } from "vitest";
import {
  withServer,
  type RecordedAnswer,
  type Routes,
  type SeenRequest,
} from "../../../test/support/recorded-workspace.ts";

const connect = (url: string, sqlWarehouseId = "wh1") =>
  connectWorkspace({ host: url, token: "t", sqlWarehouseId }, {});

const experiment = (tags: Record<string, string> = {}): RecordedAnswer => ({
  body: {
    experiment: {
      experiment_id: "7",
      name: "/Shared/shop",
      lifecycle_stage: "active",
      tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
    },
  },
});

const running = { "GET /api/2.0/sql/warehouses/wh1": { body: { id: "wh1", name: "small", state: "RUNNING" } } };
const unlinked = { "GET /api/2.0/mlflow/experiments/get": experiment() };

const failure = async (work: Promise<unknown>): Promise<TracelakeError> => {
  try {
    await work;
  } catch (error) {
    if (TracelakeError.isInstance(error)) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
};

const asked = (seen: readonly SeenRequest[]): string[] => seen.map(({ method, url }) => `${method} ${url}`);
const sent = (request: SeenRequest | undefined): unknown => JSON.parse(request?.body ?? "null");

describe("a trace location", () => {
  it("of the schema form is created and linked as MLflow's client does it", async () => {
    const routes: Routes = {
      ...running,
      ...unlinked,
      "POST /api/4.0/mlflow/traces/location": {
        status: 409,
        body: { error_code: "ALREADY_EXISTS", message: "exists" },
      },
      "POST /api/4.0/mlflow/traces/7/link-location": {},
    };
    await withServer(routes, async ({ url, seen }) => {
      const location = await setExperimentTraceLocation(connect(url), { location: "main.agents", experimentId: "7" });
      expect(formatLocation(location)).toBe("main.agents");
      const schema = {
        catalog_name: "main",
        schema_name: "agents",
        otel_spans_table_name: "mlflow_experiment_trace_otel_spans",
        otel_logs_table_name: "mlflow_experiment_trace_otel_logs",
      };
      expect(sent(seen.at(-2))).toEqual({ uc_schema: schema, sql_warehouse_id: "wh1" });
      expect(sent(seen.at(-1))).toEqual({ experiment_id: "7", uc_schema: schema });
    });
  });

  it("of the prefix form is created, and linked with the tables that the workspace chose", async () => {
    const chosen = {
      catalog_name: "main",
      schema_name: "agents",
      table_prefix: "shop",
      spans_table_name: "main.agents.shop_otel_spans",
      logs_table_name: "main.agents.shop_otel_logs",
      metrics_table_name: "main.agents.shop_otel_metrics",
      annotations_table_name: "main.agents.shop_otel_annotations_2",
      location_id: "loc-1",
    };
    const routes: Routes = {
      ...running,
      ...unlinked,
      "POST /api/5.0/mlflow/tracing/locations": { body: { uc_table_prefix: chosen } },
      "POST /api/5.0/mlflow/experiments/7/trace-location:link": {},
    };
    await withServer(routes, async ({ url, seen }) => {
      await setExperimentTraceLocation(connect(url), { location: "main.agents.shop", experimentId: "7" });
      expect(sent(seen.at(-2))).toEqual({
        uc_table_prefix: { catalog_name: "main", schema_name: "agents", table_prefix: "shop" },
        sql_warehouse_id: "wh1",
      });
      const { location_id: _id, metrics_table_name: _metrics, ...linked } = chosen;
      expect(sent(seen.at(-1))).toEqual({ experiment_id: "7", uc_table_prefix: linked });
    });
  });

  it("that is linked already is left alone", async () => {
    const tag = { "mlflow.experiment.databricksTraceDestinationPath": "Main.agents.shop" };
    await withServer({ "GET /api/2.0/mlflow/experiments/get": experiment(tag) }, async ({ url, seen }) => {
      await setExperimentTraceLocation(connect(url), { location: "main.agents.shop", experimentId: "7" });
      expect(seen).toHaveLength(1);
    });
  });

  it("without a warehouse is refused before anything is asked or created", async () => {
    await withServer({}, async ({ url, seen }) => {
      for (const work of [
        setExperimentTraceLocation(connect(url, ""), { location: "main.agents.shop", experimentId: "7" }),
        setExperiment(connect(url, ""), { name: "/Shared/shop", traceLocation: "main.agents.shop" }),
      ]) {
        const error = await failure(work);
        expect(error.code).toBe("CONFIG_WAREHOUSE_MISSING");
        expect(error.message).toBe(
          "Making the trace location main.agents.shop needs a SQL warehouse: MLFLOW_TRACING_SQL_WAREHOUSE_ID is not set. Set MLFLOW_TRACING_SQL_WAREHOUSE_ID to the id of a warehouse that you have CAN USE on; it stands on the warehouse's page under SQL Warehouses, or in `databricks warehouses list`. Nothing was created or changed.",
        );
      }
      expect(seen).toEqual([]);
    });
  });

  it.each(["catalog/schema", "agents", "a.b.c.d"])(
    "written as %j is refused with the two right forms",
    async (text) => {
      const work = setExperimentTraceLocation(connect("http://127.0.0.1:9"), { location: text, experimentId: "7" });
      expect((await failure(work)).message).toMatch(/Write "catalog\.schema" or "catalog\.schema\.table_prefix"/);
    },
  );

  it("other than the one that is linked is refused", async () => {
    for (const [tag, remedy] of [
      ["main.agents.old", /A link of this form is permanent: use a new experiment/],
      ["main.old", /Unlink it first: tracelake unlink --experiment 7/],
    ] as const) {
      const routes = {
        "GET /api/2.0/mlflow/experiments/get": experiment({
          "mlflow.experiment.databricksTraceDestinationPath": tag,
        }),
      };
      await withServer(routes, async ({ url }) => {
        const error = await failure(
          setExperimentTraceLocation(connect(url), { location: "main.agents.shop", experimentId: "7" }),
        );
        expect(error.code).toBe("TRACE_LOCATION_CONFLICT");
        expect(error.message).toMatch(remedy);
      });
    }
  });

  it.each<[string, RecordedAnswer, string, RegExp]>([
    [
      "an experiment that holds traces",
      { status: 400, body: { error_code: "BAD_REQUEST", message: "Experiment 7 already contains traces." } },
      "TRACE_LOCATION_CONFLICT",
      /The experiment 7 cannot be linked with main\.agents\.shop any more.*linked before its first trace: use a new experiment/,
    ],
    [
      "tables of the wrong generation",
      {
        status: 409,
        body: { error_code: "ALREADY_EXISTS", message: "incompatible schema version: expected v2, got v1" },
      },
      "TRACE_LOCATION_CONFLICT",
      /tables of main\.agents\.shop are of another generation.*expected v2, got v1.*Choose another prefix/,
    ],
    [
      "an unsupported region",
      { status: 400, body: { error_code: "BAD_REQUEST", message: "Feature is not available in region eu-north-1." } },
      "WORKSPACE_REJECTED",
      /the workspace's region has no traces in Unity Catalog.*eu-north-1.*feature-region-support/,
    ],
    [
      "a missing preview",
      { status: 403, body: { error_code: "PERMISSION_DENIED", message: "OpenTelemetry on Databricks is not enabled" } },
      "WORKSPACE_REJECTED",
      /a preview is not enabled.*"OpenTelemetry on Databricks" and "Variant Shredding/,
    ],
    [
      "a missing schema",
      { status: 404, body: { error_code: "SCHEMA_DOES_NOT_EXIST", message: "Schema 'main.agents' does not exist." } },
      "WORKSPACE_NOT_FOUND",
      /no schema main\.agents in the workspace.*CREATE SCHEMA `main`\.`agents`/,
    ],
    [
      "missing rights",
      { status: 403, body: { error_code: "PERMISSION_DENIED", message: "User lacks CREATE TABLE" } },
      "WORKSPACE_FORBIDDEN",
      /may not be made or linked.*USE CATALOG on main, and USE SCHEMA and CREATE TABLE on main\.agents/,
    ],
    [
      "a warehouse that the workspace cannot resolve",
      {
        status: 400,
        body: { error_code: "INVALID_PARAMETER_VALUE", message: "Could not resolve a SQL warehouse ID." },
      },
      "CONFIG_WAREHOUSE_MISSING",
      /Set MLFLOW_TRACING_SQL_WAREHOUSE_ID/,
    ],
  ])("for %s says so", async (_, answer, code, message) => {
    const routes = { ...running, ...unlinked, "POST /api/5.0/mlflow/tracing/locations": answer };
    await withServer(routes, async ({ url, seen }) => {
      const error = await failure(
        setExperimentTraceLocation(connect(url), { location: "main.agents.shop", experimentId: "7" }),
      );
      expect(error.message).toMatch(message);
      expect(error.code).toBe(code);
      expect(asked(seen).filter((each) => each.includes(":link"))).toEqual([]);
    });
  });

  it("of the schema form is unlinked; the other form cannot be", async () => {
    await withServer({ "POST /api/4.0/mlflow/traces/7/unlink-location": {} }, async ({ url, seen }) => {
      await unsetExperimentTraceLocation(connect(url), { location: "main.agents", experimentId: "7" });
      expect(sent(seen[0])).toMatchObject({ experiment_id: "7", uc_schema: { catalog_name: "main" } });
      const error = await failure(
        unsetExperimentTraceLocation(connect(url), { location: "main.agents.shop", experimentId: "7" }),
      );
      expect(error.message).toMatch(/cannot be unlinked.*use a new experiment/);
    });
  });
});

describe("an experiment by name", () => {
  const missing = { status: 404, body: { error_code: "RESOURCE_DOES_NOT_EXIST", message: "Could not find" } };

  it("is made where there is none, and linked", async () => {
    let isMade = false;
    const routes: Routes = {
      ...running,
      "GET /api/2.0/mlflow/experiments/get-by-name": missing,
      "POST /api/2.0/mlflow/experiments/create": () => {
        isMade = true;
        return { body: { experiment_id: "7" } };
      },
      "GET /api/2.0/mlflow/experiments/get": () => (isMade ? experiment() : missing),
      "POST /api/5.0/mlflow/tracing/locations": { body: {} },
      "POST /api/5.0/mlflow/experiments/7/trace-location:link": {},
    };
    await withServer(routes, async ({ url, seen }) => {
      const options = { name: "/Shared/shop", traceLocation: "main.agents.shop" };
      expect((await setExperiment(connect(url), options)).experiment_id).toBe("7");
      expect(asked(seen).filter((each) => !each.startsWith("GET"))).toHaveLength(3);
    });
  });

  it("that another one made in between is read again", async () => {
    let asks = 0;
    const routes: Routes = {
      "GET /api/2.0/mlflow/experiments/get-by-name": () => ((asks += 1) === 1 ? missing : experiment()),
      "POST /api/2.0/mlflow/experiments/create": {
        status: 400,
        body: { error_code: "RESOURCE_ALREADY_EXISTS", message: "already exists" },
      },
    };
    await withServer(routes, async ({ url }) => {
      expect((await setExperiment(connect(url), { name: "/Shared/shop" })).experiment_id).toBe("7");
    });
  });

  it("in a folder that is missing says how to make the folder", async () => {
    const answer = {
      status: 404,
      body: { error_code: "RESOURCE_DOES_NOT_EXIST", message: "Parent directory /Shared/team does not exist." },
    };
    await withServer({ "POST /api/2.0/mlflow/experiments/create": answer }, async ({ url }) => {
      const error = await failure(createExperiment(connect(url), { name: "/Shared/team/shop" }));
      expect(error.message).toMatch(
        /Parent directory \/Shared\/team does not exist.*folder \/Shared\/team exists.*databricks workspace mkdirs \/Shared\/team$/,
      );
    });
  });

  it("that is no path says which form a name has", async () => {
    const answer = {
      status: 400,
      body: { error_code: "INVALID_PARAMETER_VALUE", message: "Experiment name must be an absolute path." },
    };
    await withServer({ "POST /api/2.0/mlflow/experiments/create": answer }, async ({ url }) => {
      const error = await failure(createExperiment(connect(url), { name: "shop" }));
      expect(error.message).toMatch(/absolute path of the workspace, such as "\/Shared\/support-agent"/);
    });
  });
});

describe("a SQL warehouse", () => {
  it("that is stopped is started once and waited for", async () => {
    const states = ["STOPPED", "STARTING", "RUNNING"];
    const progress: string[] = [];
    const routes: Routes = {
      "GET /api/2.0/sql/warehouses/wh1": () => ({ body: { id: "wh1", state: states.shift() } }),
      "POST /api/2.0/sql/warehouses/wh1/start": {},
    };
    await withServer(routes, async ({ url, seen }) => {
      expect(await startWarehouse(connect(url), { onProgress: (state) => progress.push(state) })).toBe("wh1");
      expect(progress).toEqual(["STOPPED", "STARTING"]);
      expect(asked(seen).filter((each) => each.startsWith("POST"))).toHaveLength(1);
    });
  });

  it("that is not there, or may not be used, is named", async () => {
    for (const [status, message] of [
      [404, /Set MLFLOW_TRACING_SQL_WAREHOUSE_ID to a warehouse of this workspace/],
      [403, /CAN USE on the SQL warehouse wh1/],
    ] as const) {
      await withServer({ "GET /api/2.0/sql/warehouses/wh1": { status, body: {} } }, async ({ url }) => {
        expect((await failure(startWarehouse(connect(url)))).message).toMatch(message);
      });
    }
  });
});

describe("grants", () => {
  it("name MODIFY and SELECT on every table, since ALL PRIVILEGES is not enough", () => {
    expect(grantStatements({ location: "main.agents.shop", principal: "group of `x`" })).toEqual([
      "GRANT USE CATALOG ON CATALOG `main` TO `group of ``x```",
      "GRANT USE SCHEMA ON SCHEMA `main`.`agents` TO `group of ``x```",
      "GRANT MODIFY, SELECT ON TABLE `main`.`agents`.`shop_otel_spans` TO `group of ``x```",
      "GRANT MODIFY, SELECT ON TABLE `main`.`agents`.`shop_otel_logs` TO `group of ``x```",
      "GRANT MODIFY, SELECT ON TABLE `main`.`agents`.`shop_otel_metrics` TO `group of ``x```",
      "GRANT MODIFY, SELECT ON TABLE `main`.`agents`.`shop_otel_annotations` TO `group of ``x```",
      "GRANT SELECT ON VIEW `main`.`agents`.`shop_trace_unified` TO `group of ``x```",
      "GRANT SELECT ON VIEW `main`.`agents`.`shop_trace_metadata` TO `group of ``x```",
    ]);
    expect(grantStatements({ location: "main.agents", principal: "ana@example.com", readOnly: true })).toEqual([
      "GRANT USE CATALOG ON CATALOG `main` TO `ana@example.com`",
      "GRANT USE SCHEMA ON SCHEMA `main`.`agents` TO `ana@example.com`",
      "GRANT SELECT ON TABLE `main`.`agents`.`mlflow_experiment_trace_otel_spans` TO `ana@example.com`",
      "GRANT SELECT ON TABLE `main`.`agents`.`mlflow_experiment_trace_otel_logs` TO `ana@example.com`",
      "GRANT SELECT ON TABLE `main`.`agents`.`mlflow_experiment_trace_otel_metrics` TO `ana@example.com`",
      "GRANT SELECT ON VIEW `main`.`agents`.`mlflow_experiment_trace_unified` TO `ana@example.com`",
      "GRANT SELECT ON VIEW `main`.`agents`.`mlflow_experiment_trace_metadata` TO `ana@example.com`",
    ]);
    expect(() => grantStatements({ location: "main.agents", principal: "a\n; DROP" })).toThrow(/application id/);
  });

  it("are only returned in a dry run, and run one by one otherwise", async () => {
    const routes: Routes = { ...running, "POST /api/2.0/sql/statements": { body: { status: { state: "SUCCEEDED" } } } };
    const options = { location: "main.agents.shop", principal: "app-1" };
    await withServer(routes, async ({ url, seen }) => {
      const planned = await grantTraceAccess(connect(url), { ...options, dryRun: true });
      expect(seen).toEqual([]);
      expect(await grantTraceAccess(connect(url), options)).toEqual(planned);
      expect(seen.slice(1).map((request) => (sent(request) as { statement: string }).statement)).toEqual(planned);
    });
  });

  it("go on where the tables have no views", async () => {
    const missing = { status: { state: "FAILED", error: { message: "[TABLE_OR_VIEW_NOT_FOUND] no such view" } } };
    const answer = ({ body }: { readonly body: string }) => ({
      body: body.includes("ON VIEW") ? missing : { status: { state: "SUCCEEDED" } },
    });
    await withServer({ ...running, "POST /api/2.0/sql/statements": answer }, async ({ url }) => {
      const run = await grantTraceAccess(connect(url), { location: "main.agents.shop", principal: "app-1" });
      expect(run).toEqual(
        grantStatements({ location: "main.agents.shop", principal: "app-1" }).filter((each) => !each.includes("VIEW")),
      );
    });
  });

  it.each([
    [
      "Could not find principal with name Shop Agent",
      /service principal by its application id, not by its display name/,
    ],
    ["[TABLE_OR_VIEW_NOT_FOUND] The table cannot be found", /Make the tables first: tracelake link/],
    ["PERMISSION_DENIED: User does not have MANAGE on Catalog 'main'", /owner of the catalog.*MANAGE/],
  ])("that fail with %j say what to do", async (message, remedy) => {
    const failed = {
      body: { statement_id: "s", status: { state: "FAILED", error: { error_code: "BAD_REQUEST", message } } },
    };
    await withServer({ ...running, "POST /api/2.0/sql/statements": failed }, async ({ url }) => {
      const error = await failure(
        grantTraceAccess(connect(url), { location: "main.agents.shop", principal: "Shop Agent" }),
      );
      expect(error.message).toMatch(remedy);
    });
  });
});
