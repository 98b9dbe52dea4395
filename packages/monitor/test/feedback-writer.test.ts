import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { connectWorkspace, type Connection, type TraceAssessment } from "@tracelake/workspace-client";
import { describe, expect, it } from "vitest";
import { withServer, type Routes, type SeenRequest } from "../../../test/support/recorded-workspace.ts";
import type { Feedback } from "../src/index.ts";
import { Lease } from "../src/leases/lease.ts";
import { after, momentNow } from "../src/leases/moment.ts";
import { FeedbackWriter } from "../src/runner/feedback-writer.ts";
import { recordedScoring } from "../src/runner/recorded-scorings.ts";

const location = "main.agents.support";
const hexOf = (number: number): string => number.toString(16).padStart(32, "0");
const batchPath = `/tracelake/traces/${location}/assessments`;
const pathOf = (number: number): string => `/api/4.0/mlflow/traces/${location}/${hexOf(number)}/assessments`;
const taken = ({ body }: SeenRequest) => ({ body: JSON.parse(body) as object });
const refused = { status: 400, body: { error_code: "INVALID_PARAMETER_VALUE", message: "No." } };

const single = (...numbers: readonly number[]): Routes =>
  Object.fromEntries(numbers.map((number) => [`POST ${pathOf(number)}`, taken]));

const lasting = (): Lease => new Lease({ shard: 0, fence: 1, watermarkMillis: undefined }, after(momentNow(), 60_000));

const connect = (url: string): Connection => connectWorkspace({ host: url, token: "t", sqlWarehouseId: "local" }, {});

const writeTo = (writing: FeedbackWriter, number: number, lease = lasting()) =>
  writing.write({
    traceId: `trace:/${location}/${hexOf(number)}`,
    scorerName: "polite",
    feedbacks: [{ value: "yes" }, { name: "kind", value: "no" }],
    recorded: recordedScoring([], "polite"),
    metadata: {},
    lease,
  });

const writer = (connection: Connection) => {
  const writing = new FeedbackWriter(connection, { timeoutMillis: 5_000 });
  return (number: number, lease = lasting()) => writeTo(writing, number, lease);
};

const existing: TraceAssessment = {
  assessmentId: "a-1",
  name: "polite",
  kind: "feedback",
  value: "no",
  source: { type: "CODE", id: "polite" },
  metadata: { "tracelake.scorer": "polite", "tracelake.part": "1/1" },
  error: undefined,
  rationale: "It was rude.",
  spanId: undefined,
  overrides: undefined,
  isValid: true,
  createTime: undefined,
  lastUpdateTime: undefined,
};

/** Of a session that was scored when it was shorter. */
const replacing = (
  writing: FeedbackWriter,
  lease = lasting(),
  { said = [existing], feedbacks = [{ value: "yes" }] }: { said?: TraceAssessment[]; feedbacks?: Feedback[] } = {},
) =>
  writing.write({
    traceId: `trace:/${location}/${hexOf(1)}`,
    scorerName: "polite",
    feedbacks,
    recorded: recordedScoring(said, "polite"),
    metadata: { "tracelake.session.last_trace": "t-2" },
    lease,
  });
const replace = (connection: Connection, options: { readonly timeoutMillis: number }) =>
  replacing(new FeedbackWriter(connection, options));

const pathsOf = (seen: readonly SeenRequest[]): string[] => seen.map(({ url }) => url.split("?")[0] ?? "");

describe("what scorers say", () => {
  it("goes in one request where the workspace takes that", async () => {
    await withServer({ [`POST ${batchPath}`]: {} }, async ({ url, seen }) => {
      const write = writer(connect(url));
      const written = await Promise.all([1, 2, 3, 4, 5, 6].map((number) => write(number)));
      expect(written).toEqual(written.map(() => ({ type: "written" })));
      const sent = seen.map(({ body }) => (JSON.parse(body) as { assessments: { trace_id: string }[] }).assessments);
      expect(sent.length).toBeLessThan(6);
      expect(sent.flat().map(({ trace_id: id }) => id)).toEqual([1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6].map(hexOf));
    });
  });

  it("goes one by one where the workspace does not, which is asked only at first", async () => {
    await withServer(single(1, 2), async ({ url, seen }) => {
      const write = writer(connect(url));
      expect(await write(1)).toEqual({ type: "written" });
      expect(await write(2)).toEqual({ type: "written" });
      expect(pathsOf(seen)).toEqual([batchPath, pathOf(1), pathOf(1), pathOf(2), pathOf(2)]);
    });
  });

  it.each<Connection["service"]>(["mlflow", "databricks", undefined])(
    "goes one by one to the service %s, which is never asked for anything else",
    async (service) => {
      await withServer(single(1), async ({ url, seen }) => {
        const { service: _, ...connection } = connect(url);
        const asked = service === undefined ? connection : { ...connection, service };
        expect(await writer(asked)(1)).toEqual({ type: "written" });
        expect(pathsOf(seen)).toEqual([pathOf(1), pathOf(1)]);
      });
    },
  );

  it("is refused alone, where it was refused together with others", async () => {
    const routes = { ...single(1, 3), [`POST ${batchPath}`]: refused, [`POST ${pathOf(2)}`]: refused };
    await withServer(routes, async ({ url }) => {
      const write = writer(connect(url));
      const written = await Promise.all([1, 2, 3].map((number) => write(number)));
      expect(written.map(({ type }) => type)).toEqual(["written", "rejected", "written"]);
    });
  });

  it("is not said again where nobody knows whether it arrived", async () => {
    const failing = { status: 500, body: { error_code: "INTERNAL_ERROR", message: "Oh." } };
    await withServer({ ...single(1), [`POST ${batchPath}`]: failing }, async ({ url, seen }) => {
      expect(await writer(connect(url))(1)).toMatchObject({ type: "uncertain" });
      expect(seen).toHaveLength(1);
    });
  });

  it("is not said again where a proxy says that nobody answered it", async () => {
    const proxied = { status: 503, body: { message: "upstream reset" } };
    await withServer({ [`POST ${pathOf(1)}`]: proxied }, async ({ url, seen }) => {
      expect(await writer({ ...connect(url), service: "mlflow" })(1)).toMatchObject({ type: "uncertain" });
      expect(seen).toHaveLength(1);
    });
  });

  it("is not lost where the workspace is too busy for it", async () => {
    const busy = { status: 429, body: { error_code: "REQUEST_LIMIT_EXCEEDED", message: "Later." } };
    await withServer({ [`POST ${pathOf(1)}`]: busy }, async ({ url, seen }) => {
      expect(await writer({ ...connect(url), service: "mlflow" })(1)).toMatchObject({ type: "refused" });
      expect(seen).toHaveLength(4);
    });
  });

  it("is replaced by two requests that take no longer than one write may", async () => {
    const path = `${pathOf(1)}/a-1`;
    const slow = createServer((_, response) => void setTimeout(() => response.writeHead(500).end(), 3_000));
    await new Promise<void>((resolve) => slow.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(slow.address() as AddressInfo).port}`;
    const startMillis = performance.now();
    expect(await replace(connect(url), { timeoutMillis: 1_000 })).toMatchObject({ type: "uncertain" });
    expect(performance.now() - startMillis).toBeLessThan(1_000);
    slow.closeAllConnections();
    await new Promise((resolve) => slow.close(resolve));
    const failing = { status: 500, body: { error_code: "INTERNAL_ERROR", message: "Oh." } };
    await withServer({ [`GET ${path}`]: failing }, async ({ url: other, seen }) => {
      expect(await replace(connect(other), { timeoutMillis: 1_000 })).toMatchObject({ type: "uncertain" });
      expect(pathsOf(seen)).toEqual([path]);
    });
  });

  it("is not sent under a lease that has ended", async () => {
    await withServer({ [`POST ${batchPath}`]: {} }, async ({ url, seen }) => {
      const lease = lasting();
      lease.end();
      expect(await writer(connect(url))(1, lease)).toEqual({ type: "unsent" });
      expect(seen).toEqual([]);
    });
  });

  it("is refused, and nothing is thrown, where nobody can say which trace it is of", async () => {
    const writing = new FeedbackWriter(connect("http://127.0.0.1:9"), { timeoutMillis: 5_000 });
    const scoring = {
      scorerName: "polite",
      feedbacks: [{ value: "yes" }],
      recorded: recordedScoring([], "polite"),
    };
    const written = writing.write({
      ...scoring,
      traceId: "trace:/a.b/c/d",
      metadata: {},
      lease: lasting(),
    });
    expect(await written).toMatchObject({
      error: { code: "TRACE_ID_INVALID" },
    });
  });
});

describe("a judgement that takes the place of an earlier one", () => {
  it("says whose it is, and has no reason of another verdict", async () => {
    const path = `${pathOf(1)}/a-1`;
    const kept = {
      assessment_id: "a-1",
      assessment_name: "polite",
      feedback: { value: "no" },
    };
    await withServer({ [`GET ${path}`]: { body: kept }, [`PATCH ${path}`]: { body: kept } }, async ({ url, seen }) => {
      expect(await replace(connect(url), { timeoutMillis: 5_000 })).toEqual({ type: "written" });
      expect(JSON.parse(seen[1]?.body ?? "")).toMatchObject({
        assessment_name: "polite",
        feedback: { value: "yes" },
        rationale: "",
        metadata: { "tracelake.scorer": "polite", "tracelake.part": "1/1", "tracelake.session.last_trace": "t-2" },
      });
    });
  });

  it("leaves nothing of it that is not said any more, which goes before anything is added", async () => {
    const other = { ...existing, assessmentId: "a-2", spanId: "1".repeat(16) };
    const kept = { assessment_id: "a-1", assessment_name: "polite", feedback: { value: "no" } };
    const routes: Routes = {
      [`GET ${pathOf(1)}/a-1`]: { body: kept },
      [`PATCH ${pathOf(1)}/a-1`]: { body: kept },
      // Somebody was quicker.
      [`DELETE ${pathOf(1)}/a-2`]: { status: 404, body: { error_code: "NOT_FOUND", message: "No." } },
      ...single(1),
    };
    await withServer(routes, async ({ url, seen }) => {
      const writing = new FeedbackWriter({ ...connect(url), service: "mlflow" }, { timeoutMillis: 5_000 });
      const feedbacks = [{ value: "yes" }, { value: "kind", spanId: "2".repeat(16) }];
      const written = await replacing(writing, lasting(), { said: [other, existing], feedbacks });
      expect(written).toEqual({ type: "written" });
      expect(seen.map(({ method }) => method)).toEqual(["GET", "PATCH", "DELETE", "POST"]);
    });
  });

  it("adds nothing where it is not known whether what was said before is gone", async () => {
    const lost = { status: 500, body: { error_code: "INTERNAL_ERROR", message: "Oh." } };
    await withServer({ [`DELETE ${pathOf(1)}/a-1`]: lost, ...single(1) }, async ({ url, seen }) => {
      const writing = new FeedbackWriter({ ...connect(url), service: "mlflow" }, { timeoutMillis: 5_000 });
      const feedbacks = [{ value: "kind", spanId: "2".repeat(16) }];
      expect(await replacing(writing, lasting(), { feedbacks })).toMatchObject({ type: "uncertain" });
      expect(seen.map(({ method }) => method)).toEqual(["DELETE"]);
    });
  });

  it("is not sent under a lease that ends while it waits for its turn", async () => {
    const waiting: ServerResponse[] = [];
    const asked: string[] = [];
    const slow = createServer((request, response) => {
      asked.push(request.method ?? "");
      waiting.push(response);
    });
    await new Promise<void>((resolve) => slow.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(slow.address() as AddressInfo).port}`;
    const writing = new FeedbackWriter({ ...connect(url), service: "mlflow" }, { timeoutMillis: 20_000 });
    const others = Array.from({ length: 8 }, (_, index) => writeTo(writing, index + 2));
    await expect.poll(() => waiting.length).toBe(8);
    const lease = lasting();
    const written = replacing(writing, lease);
    lease.end();
    for (const response of waiting) response.writeHead(400).end();
    expect(await written).toEqual({ type: "unsent" });
    await Promise.all(others);
    expect(asked.filter((method) => method !== "POST")).toEqual([]);
    await new Promise((resolve) => slow.close(resolve));
  });
});

describe("the lease of what was written", () => {
  const isAtRest = async (routes: Routes, service?: "mlflow"): Promise<boolean> => {
    let rests = false;
    await withServer(routes, async ({ url }) => {
      const lease = lasting();
      await writer({
        ...connect(url),
        ...(service === undefined ? {} : { service }),
      })(1, lease);
      rests = lease.isAtRestFor(60_000);
    });
    return rests;
  };
  const lost = {
    status: 500,
    body: { error_code: "INTERNAL_ERROR", message: "Oh." },
  };

  it("can be given away at once where a local workspace has answered", async () => {
    expect(await isAtRest({ [`POST ${batchPath}`]: {} })).toBe(true);
    expect(await isAtRest(single(1))).toBe(true);
    expect(await isAtRest({ [`POST ${pathOf(1)}`]: refused })).toBe(true);
  });

  it("cannot where nobody knows whether it was written", async () => {
    expect(await isAtRest({ [`POST ${batchPath}`]: lost })).toBe(false);
    expect(await isAtRest({ [`POST ${pathOf(1)}`]: lost })).toBe(false);
  });

  it("cannot where others may see it later", async () => {
    expect(await isAtRest(single(1), "mlflow")).toBe(false);
  });
});
