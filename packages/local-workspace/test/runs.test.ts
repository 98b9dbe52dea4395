import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openRestApp, type RestApp } from "./rest-app.ts";

const base = "/api/2.0/mlflow/runs";

let rest: RestApp;
let experimentId: string;
beforeEach(async () => {
  rest = await openRestApp();
  const [, answer] = await rest.json("POST", "/api/2.0/mlflow/experiments/create", { name: "/Shared/a" });
  experimentId = (answer as { experiment_id: string }).experiment_id;
});
afterEach(() => rest.store.close());

const create = async (more: object = {}): Promise<string> => {
  const [, answer] = await rest.json("POST", `${base}/create`, { experiment_id: experimentId, start_time: 5, ...more });
  return (answer as { run: { info: { run_id: string } } }).run.info.run_id;
};

const post = (path: string, body: object) => rest.json("POST", `${base}/${path}`, body);
const get = (runId: string) => rest.json("GET", `${base}/get?run_id=${runId}`);

describe("a run", () => {
  it("keeps what is logged, and answers each metric's latest value and its history", async () => {
    const runId = await create({ run_name: "nightly", tags: [{ key: "team", value: "x" }] });
    const metric = (step: number, value: number | string, key = "score") => ({
      key,
      value,
      step,
      timestamp: 10 + step,
    });
    expect(
      await post("log-batch", {
        run_id: runId,
        metrics: [
          metric(0, 0.25),
          metric(2, 0.75),
          metric(1, 0.5),
          metric(0, "NaN", "odd"),
          metric(1, "-Infinity", "low"),
        ],
        params: [{ key: "model", value: "m" }],
        tags: [{ key: "stage", value: "test" }],
      }),
    ).toEqual([200, {}]);
    await post("log-metric", { run_id: runId, ...metric(3, 1) });
    await post("log-parameter", { run_id: runId, key: "model", value: "m" });
    const dataset = { dataset: { name: "d", digest: "1", source_type: "t", source: "s" }, tags: [] };
    await post("log-inputs", { run_id: runId, datasets: [dataset] });
    await post("set-tag", { run_id: runId, key: "mlflow.runName", value: "renamed" });
    await post("delete-tag", { run_id: runId, key: "team" });
    await post("update", { run_id: runId, status: "FINISHED", end_time: 50 });
    expect(await get(runId)).toMatchObject([
      200,
      {
        run: {
          info: { run_name: "renamed", status: "FINISHED", start_time: 5, end_time: 50, user_id: "local-user" },
          data: {
            metrics: [
              { key: "low", value: "-Infinity" },
              { key: "odd", value: "NaN" },
              { key: "score", value: 1, step: 3 },
            ],
            params: [{ key: "model", value: "m" }],
            tags: [
              { key: "mlflow.runName", value: "renamed" },
              { key: "stage", value: "test" },
            ],
          },
          inputs: { dataset_inputs: [dataset] },
        },
      },
    ]);
    const [, history] = await rest.json("GET", `/api/2.0/mlflow/metrics/get-history?run_id=${runId}&metric_key=score`);
    expect((history as { metrics: { value: number }[] }).metrics.map(({ value }) => value)).toEqual([
      0.25, 0.5, 0.75, 1,
    ]);
    expect(await rest.json("GET", `/api/2.0/mlflow/artifacts/list?run_id=${runId}`)).toMatchObject([
      200,
      { files: [] },
    ]);
  });

  it("changes no param, and is not made up where there is none", async () => {
    const runId = await create();
    await post("log-parameter", { run_id: runId, key: "model", value: "m" });
    const changed = {
      run_id: runId,
      params: [{ key: "model", value: "n" }],
      metrics: [{ key: "a", value: 1, timestamp: 1 }],
    };
    expect(await post("log-batch", changed)).toMatchObject([
      400,
      {
        error_code: "INVALID_PARAMETER_VALUE",
        message: expect.stringMatching(/^Changing param values is not allowed/),
      },
    ]);
    expect(await get(runId)).toMatchObject([200, { run: { data: { metrics: [] } } }]);
    const missing = [404, { error_code: "RESOURCE_DOES_NOT_EXIST", message: "Run with id=none not found" }];
    expect(await get("none")).toEqual(missing);
    for (const path of ["update", "delete", "log-batch"]) expect(await post(path, { run_id: "none" })).toEqual(missing);
    expect(await post("create", { experiment_id: "999" })).toMatchObject([404, {}]);
    expect(await post("update", { run_id: runId, status: "ASLEEP" })).toMatchObject([400, {}]);
    expect(await post("log-metric", { run_id: runId, key: "a", value: "much", timestamp: 1 })).toMatchObject([400, {}]);
  });
});

describe("runs", () => {
  const names = async (search: object): Promise<unknown> => {
    const [status, answer] = await post("search", { experiment_ids: [experimentId], ...search });
    if (status !== 200) return (answer as { message: string }).message;
    return (answer as { runs: { info: { run_name: string } }[] }).runs.map(({ info }) => info.run_name);
  };

  beforeEach(async () => {
    for (const [name, score] of [
      ["a", 0.1],
      ["b", 0.9],
      ["c", undefined],
    ] as const) {
      const runId = await create({
        run_name: name,
        start_time: name.charCodeAt(0),
        tags: [{ key: "team", value: name }],
      });
      const metrics = score === undefined ? [] : [{ key: "score", value: score, timestamp: 1 }];
      await post("log-batch", { run_id: runId, metrics, params: [{ key: "model", value: `gpt-${name}` }] });
    }
  });

  it.each([
    [{}, ["c", "b", "a"]],
    [{ filter: "metrics.score > 0.5" }, ["b"]],
    [{ filter: "metrics.`score` <= 0.9 AND params.model LIKE 'gpt-%'" }, ["b", "a"]],
    [{ filter: "tags.team != 'a' and attributes.status = 'RUNNING'" }, ["c", "b"]],
    [{ filter: 'attributes."Run name" ILIKE "A"' }, ["a"]],
    [{ filter: "run_name IN ('a', 'c')" }, ["c", "a"]],
    [{ filter: "attributes.run_name NOT IN ('a')" }, ["c", "b"]],
    [{ filter: "tags.none IS NULL AND start_time >= 98" }, ["c", "b"]],
    [{ filter: "tags.none IS NOT NULL" }, []],
    [{ order_by: ["metrics.score ASC"] }, ["a", "b", "c"]],
    [{ order_by: ["metrics.score DESC"] }, ["b", "a", "c"]],
    [{ filter: "metrics.score = 'a'" }, expect.stringMatching(/Expected a numeric value/)],
    [{ filter: "metrics.score LIKE '%'" }, expect.stringMatching(/Invalid comparator/)],
    [{ filter: "params.model = 'a' OR params.model = 'b'" }, expect.stringMatching(/Invalid clause/)],
    [{ filter: "params.model = 'a' AND" }, expect.stringMatching(/Invalid clause/)],
    [{ filter: "nothing.a = 'b'" }, expect.stringMatching(/Invalid attribute key/)],
    [{ filter: "__proto__ = 'b'" }, expect.stringMatching(/Invalid attribute key/)],
    [{ order_by: ["nothing"] }, expect.stringMatching(/Invalid order_by clause/)],
  ])("%j are found", async (search, expected) => {
    expect(await names(search)).toEqual(expected);
  });

  it("come page by page, and only those that are not deleted", async () => {
    const [, first] = await post("search", { experiment_ids: [experimentId], max_results: 2 });
    const { next_page_token: token, runs } = first as { next_page_token: string; runs: { info: { run_id: string } }[] };
    expect(await names({ max_results: 2, page_token: token })).toEqual(["a"]);
    const runId = runs[0]?.info.run_id;
    await post("delete", { run_id: runId });
    expect(await names({})).toEqual(["b", "a"]);
    expect(await names({ run_view_type: "DELETED_ONLY" })).toEqual(["c"]);
    await post("restore", { run_id: runId });
    expect(await names({})).toEqual(["c", "b", "a"]);
  });
});
