import { parseLocation, TracelakeError, toTraceLocation } from "@tracelake/wire";
import {
  connectWorkspace,
  deleteAssessment,
  logExpectation,
  logFeedback,
  logFeedbackBatch,
  overrideFeedback,
  updateAssessment,
} from "@tracelake/workspace-client";
import { describe, expect, it } from "vitest";
import { withServer, type Routes, type SeenRequest } from "../../../test/support/recorded-workspace.ts";

const hex = "0af7651916cd43dd8448eb211c80319c";
const traceId = `trace:/main.agents/${hex}`;
const v4 = `/api/4.0/mlflow/traces/main.agents/${hex}/assessments`;
const v3 = `/api/3.0/mlflow/traces/tr-${hex}/assessments`;

const stored = {
  assessment_id: "a-1",
  assessment_name: "helpful",
  source: { source_type: "LLM_JUDGE", source_id: "judge" },
  span_id: "b7ad6b7169203331",
  feedback: { value: "no" },
};

const echo = ({ body }: SeenRequest) => ({ body: { assessment_id: "a-2", ...(JSON.parse(body) as object) } });

const connect = (url: string) => connectWorkspace({ host: url, token: "t", sqlWarehouseId: "wh1" }, {});

const sent = (request: SeenRequest | undefined): unknown => JSON.parse(request?.body ?? "null");

describe("an assessment in Unity Catalog", () => {
  const routes: Routes = {
    [`POST ${v4}`]: echo,
    [`GET ${v4}/a-1`]: { body: stored },
    [`PATCH ${v4}/a-1`]: echo,
    [`DELETE ${v4}/a-1`]: {},
  };

  it("is logged bare, with a source, as MLflow's client sends it", async () => {
    await withServer(routes, async ({ url, seen }) => {
      const given = await logFeedback(connect(url), {
        traceId,
        name: "helpful",
        value: { score: 2, at: [1n] },
        rationale: "It answers.",
        metadata: { run: "r" },
        spanId: "b7ad6b7169203331",
      });
      expect(given).toMatchObject({ assessmentId: "a-2", kind: "feedback", source: { type: "CODE", id: "default" } });
      expect(seen[0]?.url).toBe(`${v4}?sql_warehouse_id=wh1`);
      expect(sent(seen[0])).toEqual({
        assessment_name: "helpful",
        create_time: expect.stringMatching(/Z$/) as string,
        last_update_time: expect.stringMatching(/Z$/) as string,
        span_id: "b7ad6b7169203331",
        rationale: "It answers.",
        metadata: { run: "r" },
        source: { source_type: "CODE", source_id: "default" },
        feedback: { value: { score: 2, at: [1] } },
        valid: true,
        trace_id: hex,
        trace_location: toTraceLocation(parseLocation("main.agents")),
      });
    });
  });

  it("that could not be made says why", async () => {
    await withServer(routes, async ({ url, seen }) => {
      const given = await logFeedback(connect(url), { traceId, name: "helpful", error: new RangeError("too long") });
      expect(sent(seen[0])).toMatchObject({
        feedback: { value: null, error: { error_code: "RangeError", error_message: "too long" } },
      });
      expect(given.error).toMatchObject({ code: "RangeError", message: "too long" });
      const nothing = logFeedback(connect(url), { traceId, name: "helpful" });
      await expect(nothing).rejects.toThrow(/neither `value` nor `error`/);
    });
  });

  it("that expects a list travels as JSON text and comes back as a list", async () => {
    await withServer(routes, async ({ url, seen }) => {
      const given = await logExpectation(connect(url), { traceId, name: "facts", value: ["a", "b"] });
      expect(sent(seen[0])).toMatchObject({
        source: { source_type: "HUMAN", source_id: "default" },
        expectation: { serialized_value: { serialization_format: "JSON_FORMAT", value: '["a","b"]' } },
      });
      expect(sent(seen[0])).not.toHaveProperty("feedback");
      expect(given).toMatchObject({ kind: "expectation", value: ["a", "b"] });
      await logExpectation(connect(url), { traceId, name: "answer", value: 1 });
      expect(sent(seen[1])).toMatchObject({ expectation: { value: 1 } });
    });
  });

  it("is changed by a mask in the query", async () => {
    await withServer(routes, async ({ url, seen }) => {
      await updateAssessment(connect(url), { traceId, assessmentId: "a-1", value: "yes", rationale: "Looked again." });
      const [path, query] = (seen[1]?.url ?? "").split("?");
      expect([path, Object.fromEntries(new URLSearchParams(query))]).toEqual([
        `${v4}/a-1`,
        { sql_warehouse_id: "wh1", update_mask: "assessment_name,feedback,rationale" },
      ]);
      expect(sent(seen[1])).toMatchObject({ assessment_name: "helpful", feedback: { value: "yes" } });
    });
  });

  it("is changed to why there is none, which only feedback can say", async () => {
    const expectation = { assessment_id: "a-3", assessment_name: "answer", expectation: { value: 1 } };
    await withServer({ ...routes, [`GET ${v4}/a-3`]: { body: expectation } }, async ({ url, seen }) => {
      const error = { code: "LOST", message: "No words." };
      await updateAssessment(connect(url), { traceId, assessmentId: "a-1", error });
      expect(sent(seen[1])).toMatchObject({
        feedback: { value: null, error: { error_code: "LOST", error_message: "No words." } },
      });
      const refused = updateAssessment(connect(url), { traceId, assessmentId: "a-3", error });
      await expect(refused).rejects.toThrow(/only feedback/);
    });
  });

  it("is overridden by another of the same name", async () => {
    await withServer(routes, async ({ url, seen }) => {
      const source = { type: "HUMAN", id: "ana" } as const;
      await overrideFeedback(connect(url), { traceId, assessmentId: "a-1", value: "yes", source });
      expect(sent(seen[1])).toMatchObject({
        assessment_name: "helpful",
        overrides: "a-1",
        span_id: "b7ad6b7169203331",
        feedback: { value: "yes" },
        source: { source_type: "HUMAN", source_id: "ana" },
      });
    });
  });

  it("is removed", async () => {
    await withServer(routes, async ({ url, seen }) => {
      await deleteAssessment(connect(url), { traceId, assessmentId: "a-1" });
      expect([seen[0]?.method, seen[0]?.url, seen[0]?.body]).toEqual(["DELETE", `${v4}/a-1?sql_warehouse_id=wh1`, ""]);
    });
  });

  it("is not removed by more requests than may be made", async () => {
    const busy = { status: 503, body: { error_code: "TEMPORARILY_UNAVAILABLE", message: "Later." } };
    await withServer({ [`DELETE ${v4}/a-1`]: busy }, async ({ url, seen }) => {
      const removed = deleteAssessment(connect(url), { traceId, assessmentId: "a-1", maxAttempts: 1 });
      await expect(removed).rejects.toMatchObject({ httpStatus: 503 });
      expect(seen).toHaveLength(1);
    });
  });

  it("of a bare id without its location is not sent where it would be lost", async () => {
    const lost = logFeedback(connect("http://127.0.0.1:9"), { traceId: hex, name: "x", value: 1 });
    await expect(lost).rejects.toSatisfy(
      (error) => TracelakeError.isInstance(error) && error.code === "TRACE_ID_INVALID",
    );
  });
});

describe("an assessment of an MLflow server", () => {
  it("is wrapped, and its mask stands in the body", async () => {
    const wrapped = { body: { assessment: stored } };
    const routes: Routes = {
      [`POST ${v3}`]: wrapped,
      [`GET ${v3}/a-1`]: wrapped,
      [`PATCH ${v3}/a-1`]: wrapped,
      [`DELETE ${v3}/a-1`]: {},
    };
    await withServer(routes, async ({ url, seen }) => {
      const reference = { traceId: `tr-${hex}`, assessmentId: "a-1" };
      await logFeedback(connect(url), { traceId: `tr-${hex}`, name: "helpful", value: true });
      await updateAssessment(connect(url), { ...reference, metadata: { a: "b" } });
      await deleteAssessment(connect(url), reference);
      expect(seen.map(({ method, url: path }) => `${method} ${path}`)).toEqual([
        `POST ${v3}`,
        `GET ${v3}/a-1`,
        `PATCH ${v3}/a-1`,
        `DELETE ${v3}/a-1`,
      ]);
      expect(sent(seen[0])).toMatchObject({ assessment: { trace_id: `tr-${hex}`, feedback: { value: true } } });
      expect(sent(seen[2])).toMatchObject({
        assessment: { assessment_name: "helpful", metadata: { a: "b" } },
        update_mask: "assessmentName,metadata",
      });
      expect(sent(seen[3])).toEqual({ trace_id: `tr-${hex}`, assessment_id: "a-1" });
    });
  });
});

describe("feedback on several traces", () => {
  const batch = `/tracelake/traces/main.agents/assessments`;
  const feedback = (id: string) => ({ traceId: id, name: "helpful", value: "yes" });

  it("is logged in one request, once", async () => {
    await withServer({ [`POST ${batch}`]: {} }, async ({ url, seen }) => {
      expect(await logFeedbackBatch(connect(url), [feedback(traceId), feedback(traceId)])).toBe(true);
      expect(seen).toHaveLength(1);
      expect(sent(seen[0])).toMatchObject({
        assessments: [
          { trace_id: hex, assessment_name: "helpful", feedback: { value: "yes" } },
          { trace_id: hex, assessment_name: "helpful", feedback: { value: "yes" } },
        ],
      });
    });
  });

  it("is not logged where the workspace has no such interface, or the traces are not in one location", async () => {
    await withServer({}, async ({ url }) => {
      expect(await logFeedbackBatch(connect(url), [feedback(traceId)])).toBe(false);
      for (const ids of [[], [traceId, `trace:/main.others/${hex}`], [`tr-${hex}`]]) {
        await expect(logFeedbackBatch(connect(url), ids.map(feedback))).rejects.toMatchObject({
          code: "CONFIG_OPTION_INVALID",
        });
      }
    });
  });
});
