import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { parseLocation, TracelakeError } from "@tracelake/wire";
import { describe, expect, it } from "vitest";
import { connectMlflowServer, normalizeBaseUrl } from "./connection.ts";
import { connectWorkspace } from "./connect-workspace.ts";
import { getExperiment, traceLocationOf } from "./experiments.ts";
import { statementExecution } from "./sql/statement-execution.ts";
import { exportSpansToUnityCatalog } from "./traces.ts";

const answeringWith = async (
  answer: (response: ServerResponse) => void,
  use: (url: string) => Promise<void>,
): Promise<void> => {
  const server = createServer((_, response) => answer(response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.close();
  }
};

const answering = (status: number, body: unknown, use: (url: string) => Promise<void>): Promise<void> =>
  answeringWith(
    (response) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body)),
    use,
  );

const failure = async (promise: Promise<unknown>): Promise<TracelakeError> => {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!TracelakeError.isInstance(error)) throw new Error(`not a Tracelake error: ${String(error)}`);
  return error;
};

describe("the address of a workspace", () => {
  it.each([
    ["my-workspace.cloud.databricks.com", "https://my-workspace.cloud.databricks.com"],
    ["https://my-workspace.cloud.databricks.com/", "https://my-workspace.cloud.databricks.com"],
    [" HTTPS://Host/prefix/ ", "https://host/prefix"],
    ["http://127.0.0.1:3010", "http://127.0.0.1:3010"],
  ])("%j is completed to %s", (given, completed) => expect(normalizeBaseUrl(given, "DATABRICKS_HOST")).toBe(completed));

  it.each(["ftp://host", "https://user:pass@host", "user:pass@host", "https://", "a b", "https://host?token=pass"])(
    "%j is refused without its secret",
    (given) => {
      expect(() => normalizeBaseUrl(given, "DATABRICKS_HOST")).toThrow(
        expect.objectContaining({ code: "CONFIG_HOST_INVALID" }) as Error,
      );
      expect(() => normalizeBaseUrl(given, "DATABRICKS_HOST")).not.toThrow(/pass/);
    },
  );

  it("gets no token over clear text, except on this machine", () => {
    expect(() => connectWorkspace({ host: "http://example.com", token: "t" }, {})).toThrow(/unencrypted/);
    expect(() => connectWorkspace({ host: "http://127.evil.com", token: "t" }, {})).toThrow(/unencrypted/);
    expect(connectWorkspace({ host: "http://localhost:1", token: "t" }, {}).baseUrl).toBe("http://localhost:1");
  });

  it("names the setting that is missing", () => {
    expect(() => connectWorkspace({}, {})).toThrow(/DATABRICKS_HOST is not set/);
    expect(() => connectWorkspace({}, { DATABRICKS_HOST: "h" })).toThrow(/DATABRICKS_TOKEN is not set/);
  });

  it("of an MLflow server takes a token, or a name and password, or nothing", () => {
    const of = (environment: Record<string, string>) =>
      connectMlflowServer("http://localhost:5000", environment).authorization();
    expect(of({})).toBeUndefined();
    expect(of({ MLFLOW_TRACKING_TOKEN: "t" })).toBe("Bearer t");
    expect(of({ MLFLOW_TRACKING_USERNAME: "u", MLFLOW_TRACKING_PASSWORD: "p" })).toBe("Basic dTpw");
    const emptyToken = { MLFLOW_TRACKING_TOKEN: "", MLFLOW_TRACKING_USERNAME: "u", MLFLOW_TRACKING_PASSWORD: "p" };
    expect(of(emptyToken)).toBe("Basic dTpw");
    expect(of({ MLFLOW_TRACKING_TOKEN: "", MLFLOW_TRACKING_USERNAME: "" })).toBeUndefined();
  });
});

describe("a refused request", () => {
  const location = parseLocation("main.agents.shop");

  it.each([
    [401, "WORKSPACE_UNAUTHENTICATED", /the `token` option/],
    [403, "WORKSPACE_FORBIDDEN", /GRANT MODIFY, SELECT ON TABLE `main`\.`agents`\.`shop_otel_spans`/],
    [404, "WORKSPACE_NOT_FOUND", /trace location main\.agents\.shop/],
    [400, "WORKSPACE_REJECTED", /Correct the request/],
    [302, "WORKSPACE_REJECTED", /redirect/],
  ])("with %i names the setting or the grant that is missing", async (status, code, remedy) => {
    await answering(status, { error_code: "X", message: "because" }, async (host) => {
      const error = await failure(
        exportSpansToUnityCatalog(connectWorkspace({ host, token: "secret" }, {}), location, new Uint8Array()),
      );
      expect(error).toMatchObject({ code, httpStatus: status });
      expect(error.message).toMatch(remedy);
      expect(error.message).toMatch(/main\.agents\.shop_otel_spans.*X "because"/);
      expect(error.message).not.toContain("secret");
    });
  });

  it("does not repeat a token that the server repeats", async () => {
    const token = "dapi/0123456789abcdef";
    const body = JSON.stringify({ error_code: token, message: `seen Bearer ${token}` }).replaceAll("/", "\\/");
    for (const said of [body, `<p>${token}</p>`]) {
      await answeringWith(
        (response) => response.writeHead(403).end(said),
        async (host) => {
          const error = await failure(getExperiment(connectWorkspace({ host, token }, {}), { experimentId: "1" }));
          expect(inspect(error, { depth: 9 })).not.toContain(token);
          expect(error.message).toContain("[redacted]");
        },
      );
    }
  });

  it("for a token that HTTP cannot carry says so without it, and does not try", async () => {
    const connection = connectWorkspace({ host: "http://127.0.0.1:9", token: "dapiSECRET\nline2" }, {});
    const error = await failure(getExperiment(connection, { experimentId: "1" }));
    expect(error).toMatchObject({ code: "CONFIG_CREDENTIALS_MISSING" });
    expect(error.message).not.toContain("SECRET");
  });

  it("to nobody says that there was no answer", async () => {
    const error = await failure(
      getExperiment(
        { baseUrl: "http://127.0.0.1:9", credentialSource: "-", authorization: () => undefined },
        { experimentId: "1" },
      ),
    );
    expect(error).toMatchObject({ code: "WORKSPACE_UNAVAILABLE" });
    expect(error.message).toMatch(/127\.0\.0\.1:9/);
  });
});

describe("another attempt", () => {
  const found = JSON.stringify({ experiment: { experiment_id: "7", name: "/Shared/a" } });

  it("follows an answer that breaks off", async () => {
    let asked = 0;
    await answeringWith(
      (response) => {
        response.writeHead(200, { "content-length": found.length });
        if ((asked += 1) > 1) response.end(found);
        else response.write(found.slice(0, 9), () => response.destroy());
      },
      async (host) => {
        const connection = connectWorkspace({ host, token: "t" }, {});
        expect(await getExperiment(connection, { experimentId: "7" })).toMatchObject({ experiment_id: "7" });
        expect(asked).toBe(2);
      },
    );
  });

  it("waits until the date that the answer names", async () => {
    const times: number[] = [];
    await answeringWith(
      (response) => {
        times.push(Date.now());
        if (times.length > 1) response.end(found);
        else response.writeHead(429, { "retry-after": new Date(Date.now() + 3000).toUTCString() }).end();
      },
      async (host) => {
        await getExperiment(connectWorkspace({ host, token: "t" }, {}), { experimentId: "7" });
        // The date has no milliseconds.
        expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(1900);
      },
    );
  });

  it("is not made of a statement, which may have run", async () => {
    let asked = 0;
    await answeringWith(
      (response) => {
        asked++;
        response.destroy();
      },
      async (host) => {
        const sql = statementExecution(connectWorkspace({ host, token: "t" }, {}), { sqlWarehouseId: "w" });
        const error = await failure(sql.query("INSERT INTO a.b.c VALUES (1)"));
        expect([error.code, asked]).toEqual(["WORKSPACE_UNAVAILABLE", 1]);
      },
    );
  });

  it("is not made of an answer without end, which is left", async () => {
    let isClosed = false;
    const part = Buffer.alloc(1024 * 1024);
    await answeringWith(
      (response) => {
        const more = (): void => void response.write(part, () => setImmediate(more));
        response.on("close", () => (isClosed = true));
        more();
      },
      async (host) => {
        const error = await failure(getExperiment(connectWorkspace({ host, token: "t" }, {}), { experimentId: "7" }));
        expect(error.code).toBe("WORKSPACE_RESPONSE_INVALID");
        await expect.poll(() => isClosed).toBe(true);
      },
    );
  });
});

describe("an experiment", () => {
  const experiment = (tags: { key: string; value: string }[]) => ({
    experiment: { experiment_id: "7", name: "/Shared/a", tags },
  });

  it("says where its traces are, by table or by path", async () => {
    await answering(
      200,
      experiment([
        { key: "mlflow.experiment.databricksTraceSpanStorageTable", value: "c.s.mlflow_experiment_trace_otel_spans" },
      ]),
      async (host) => {
        const found = await getExperiment(connectWorkspace({ host, token: "t" }, {}), { experimentId: "7" });
        expect(traceLocationOf(found)).toEqual({ kind: "schema", catalog: "c", schema: "s" });
      },
    );
    expect(
      traceLocationOf(
        experiment([{ key: "mlflow.experiment.databricksTraceDestinationPath", value: "c.s.p" }]).experiment,
      ),
    ).toMatchObject({ kind: "prefix", tablePrefix: "p" });
  });

  it("without a location says what to do", () => {
    expect(() => traceLocationOf(experiment([]).experiment)).toThrow(
      /experiment 7.*Link the experiment.*tracelake link --experiment 7/,
    );
  });

  it("that is not one is an unreadable answer", async () => {
    await answering(200, { hello: "world" }, async (host) => {
      const error = await failure(getExperiment(connectWorkspace({ host, token: "t" }, {}), { experimentName: "/x" }));
      expect(error.code).toBe("WORKSPACE_RESPONSE_INVALID");
    });
  });
});
