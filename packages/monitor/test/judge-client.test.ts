import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { TracelakeError } from "@tracelake/wire";
import type { Connection } from "@tracelake/workspace-client";
import { afterEach, describe, expect, it } from "vitest";
import { createJudgeClient, type JudgeClientOptions } from "../src/judging/judge-client.ts";
import type { JudgeRequest } from "../src/scorer.ts";

interface Asked {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: Record<string, unknown>;
}

interface Reply {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body: unknown;
}

const completion = (content: unknown): Reply => ({
  body: { choices: [{ message: { role: "assistant", content } }], usage: { prompt_tokens: 30, completion_tokens: 12 } },
});

const question = (model: string): JudgeRequest => ({
  model,
  messages: [{ role: "user", content: "Is it so?" }],
  schema: { type: "object" },
});

describe("the judge client", () => {
  let server: Server | undefined;

  const serve = async (
    answer: (asked: Asked, index: number) => Reply | undefined,
  ): Promise<{ url: string; asked: Asked[] }> => {
    const asked: Asked[] = [];
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
        const one = { path: request.url ?? "", authorization: request.headers.authorization, body };
        const reply = answer(one, asked.push(one) - 1);
        if (reply === undefined) return;
        response.writeHead(reply.status ?? 200, { "content-type": "application/json", ...reply.headers });
        response.end(JSON.stringify(reply.body));
      });
    });
    await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
  };

  const connection = (baseUrl: string): Connection => ({
    baseUrl,
    credentialSource: "DATABRICKS_TOKEN",
    authorization: () => "Bearer dapi-secret",
  });

  const failure = async (options: JudgeClientOptions, model: string, signal?: AbortSignal): Promise<TracelakeError> => {
    const error: unknown = await createJudgeClient(options)
      .ask(question(model), signal)
      .catch((reason: unknown) => reason);
    if (!TracelakeError.isInstance(error)) throw new Error("It did not fail as it should");
    return error;
  };

  afterEach(async () => {
    server?.closeAllConnections();
    await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
    server = undefined;
  });

  it("asks a serving endpoint of the workspace", async () => {
    const { url, asked } = await serve(() => completion([{ type: "reasoning" }, { type: "text", text: "so it is" }]));
    const client = createJudgeClient({ workspace: connection(url) });
    const reply = await client.ask(question("databricks:/my judge"));
    expect(reply).toMatchObject({ text: "so it is", model: "databricks:/my judge", inputTokens: 30, outputTokens: 12 });
    expect(reply.durationMillis).toBeGreaterThan(0);
    expect(asked).toEqual([
      {
        path: "/serving-endpoints/my%20judge/invocations",
        authorization: "Bearer dapi-secret",
        body: {
          messages: [{ role: "user", content: "Is it so?" }],
          response_format: {
            type: "json_schema",
            json_schema: { name: "judgement", strict: true, schema: { type: "object" } },
          },
        },
      },
    ]);
  });

  it("asks OpenAI, a gateway of an MLflow server and any other address by its name", async () => {
    const { url, asked } = await serve(() => completion("fine"));
    const client = createJudgeClient({
      environment: { OPENAI_BASE_URL: `${url}/v1`, OPENAI_API_KEY: "sk-1" },
      mlflowServer: connection(url),
      providers: { ollama: { baseUrl: `${url}/ollama/v1` } },
    });
    for (const model of ["openai:/gpt", "gateway:/mine", "ollama:/gemma3:270m"]) await client.ask(question(model));
    expect(asked.map(({ path, authorization, body }) => [path, authorization, body["model"]])).toEqual([
      ["/v1/chat/completions", "Bearer sk-1", "gpt"],
      ["/gateway/mlflow/v1/chat/completions", "Bearer dapi-secret", "mine"],
      ["/ollama/v1/chat/completions", undefined, "gemma3:270m"],
    ]);
  });

  it.each([
    ["databricks", {}, "databricks-agents"],
    ["databricks:/x", {}, "Give the judge client the `workspace`"],
    ["gateway:/x", {}, "Give the judge client the `mlflowServer`"],
    ["openai:/gpt", { environment: {} }, "Set OPENAI_API_KEY"],
    ["acme:/x", {}, "providers.acme"],
    ["gpt-4", {}, "<provider>:/<model>"],
    ["far:/x", { providers: { far: { baseUrl: "http://example.com", apiKey: "k" } } }, "unencrypted"],
  ])("says what is missing where %s cannot be asked", async (model, options, remedy) => {
    const error = await failure(options, model);
    expect(error.code).toBe("CONFIG_OPTION_INVALID");
    expect(error.message).toContain(remedy);
  });

  it("names the judge for scorers that name none", () => {
    const environment = {};
    expect(createJudgeClient({ environment }).defaultModel).toBe("openai:/gpt-4.1-mini");
    expect(createJudgeClient({ environment, workspace: connection("https://w") }).defaultModel).toBe("databricks");
    expect(createJudgeClient({ environment: { MLFLOW_GENAI_JUDGE_DEFAULT_MODEL: "databricks:/j" } }).defaultModel).toBe(
      "databricks:/j",
    );
  });

  it("does without a schema where the endpoint takes none, and remembers", async () => {
    const { url, asked } = await serve(({ body }) =>
      "response_format" in body
        ? { status: 400, body: { error_code: "BAD", message: "unknown field" } }
        : completion("x"),
    );
    const client = createJudgeClient({ workspace: connection(url) });
    await client.ask(question("databricks:/old"));
    await client.ask(question("databricks:/old"));
    expect(asked.map(({ body }) => "response_format" in body)).toEqual([true, false, false]);
  });

  it("holds the endpoint to the forms that it takes, where it refuses another", async () => {
    const { url, asked } = await serve(({ body }) =>
      JSON.stringify(body["response_format"] ?? {}).includes("odd")
        ? { status: 400, body: { error_code: "BAD", message: "odd schema" } }
        : completion("x"),
    );
    const client = createJudgeClient({ workspace: connection(url) });
    await client.ask({ ...question("databricks:/j"), schema: { type: "odd" } });
    await client.ask(question("databricks:/j"));
    await client.ask({ ...question("databricks:/j"), schema: { type: "odd" } });
    expect(asked.map(({ body }) => "response_format" in body)).toEqual([true, false, true, false]);
  });

  it("waits as long as a busy model says, and gives up after its attempts", async () => {
    const busy: Reply = { status: 429, headers: { "retry-after": "0" }, body: { message: "slow down" } };
    const { url, asked } = await serve((_, index) => (index === 0 ? busy : completion("now")));
    const options = { workspace: connection(url), maxAttempts: 2 };
    expect((await createJudgeClient(options).ask(question("databricks:/j"))).text).toBe("now");
    expect(asked).toHaveLength(2);
    server?.removeAllListeners("request");
    server?.on("request", (_, response) => response.writeHead(503, { "retry-after": "0" }).end("{}"));
    expect((await failure(options, "databricks:/j")).code).toBe("WORKSPACE_UNAVAILABLE");
  });

  it("counts calls, tokens and dollars, and asks nothing beyond its budget", async () => {
    const { url, asked } = await serve(() => completion("x"));
    const client = createJudgeClient({
      workspace: connection(url),
      budget: { calls: 2 },
      prices: { "databricks:/j": { inputUsd: 1, outputUsd: 2 } },
    });
    const reply = await client.ask(question("databricks:/j"));
    expect(reply.costUsd).toBeCloseTo(54e-6, 12);
    await client.ask(question("databricks:/unpriced"));
    await expect(client.ask(question("databricks:/j"))).rejects.toThrow(/may not be asked any more this hour/);
    expect(asked).toHaveLength(2);
    expect(client.spent()).toEqual({ calls: 2, tokens: 84, costUsd: reply.costUsd });
  });

  it("asks no model without a price within a budget in dollars", async () => {
    const { url, asked } = await serve(() => completion("x"));
    const options = {
      workspace: connection(url),
      budget: { costUsd: 1 },
      prices: { "databricks:/j": { inputUsd: 1, outputUsd: 2 } },
    };
    const client = createJudgeClient(options);
    expect(() => client.check?.("databricks:/j")).not.toThrow();
    expect(() => client.check?.("databricks:/unpriced")).toThrow(/"databricks:\/unpriced".*`prices`/);
    const error = await failure(options, "databricks:/unpriced");
    expect(error.code).toBe("CONFIG_OPTION_INVALID");
    expect(asked).toEqual([]);
  });

  it.each([
    ["no usage", {}, { tokens: 13, costUsd: 16e-6 }],
    ["half of it", { usage: { prompt_tokens: 30 } }, { tokens: 33, costUsd: 36e-6 }],
  ])("records no cost where the endpoint reports %s, and spends an estimate", async (_, usage, spent) => {
    const { url, asked } = await serve(() => ({ body: { choices: [{ message: { content: "so it is" } }], ...usage } }));
    const client = createJudgeClient({
      workspace: connection(url),
      budget: { costUsd: 15e-6 },
      prices: { "databricks:/j": { inputUsd: 1, outputUsd: 2 } },
    });
    const { costUsd, outputTokens } = await client.ask({
      ...question("databricks:/j"),
      messages: [
        { role: "system", content: "Judge it, please." },
        { role: "user", content: "Is it so, é?" },
      ],
    });
    expect([costUsd, outputTokens]).toEqual([undefined, undefined]);
    expect(client.spent()).toMatchObject({ tokens: spent.tokens });
    expect(client.spent().costUsd).toBeCloseTo(spent.costUsd, 12);
    await expect(client.ask(question("databricks:/j"))).rejects.toMatchObject({ code: "JUDGE_BUDGET_EXHAUSTED" });
    expect(asked).toHaveLength(1);
  });

  it("counts each attempt, and makes none beyond its budget", async () => {
    const { url, asked } = await serve(() => ({ status: 429, headers: { "retry-after": "0" }, body: {} }));
    const error = await failure({ workspace: connection(url), budget: { calls: 2 } }, "databricks:/j");
    expect(error.code).toBe("JUDGE_BUDGET_EXHAUSTED");
    expect(asked).toHaveLength(2);
  });

  it("tells without asking whether a model can be asked", async () => {
    const { url, asked } = await serve(() => completion("x"));
    const client = createJudgeClient({ mlflowServer: connection(url), environment: {} });
    expect(() => client.check?.("gateway:/mine")).not.toThrow();
    expect(() => client.check?.("openai:/gpt")).toThrow(/OPENAI_API_KEY/);
    expect(asked).toEqual([]);
  });

  it("shows no credential that an endpoint repeats", async () => {
    const { url } = await serve(({ authorization }) => ({ status: 401, body: { message: `bad ${authorization}` } }));
    const error = await failure({ workspace: connection(url) }, "databricks:/j");
    expect(error.code).toBe("WORKSPACE_UNAUTHENTICATED");
    expect(error.httpStatus).toBe(401);
    expect(JSON.stringify([error.message, error.parts, error.answer, String(error.cause)])).not.toContain(
      "dapi-secret",
    );
  });

  it("shows no part of a credential either, where the answer that repeats it is cut", async () => {
    const { url } = await serve(({ authorization }) => ({
      status: 401,
      body: { message: `${"x".repeat(185)} ${authorization}` },
    }));
    const error = await failure({ workspace: connection(url) }, "databricks:/j");
    expect(error.code).toBe("WORKSPACE_UNAUTHENTICATED");
    expect(JSON.stringify([error.message, error.parts, error.answer])).not.toContain("dapi");
  });

  it("ends when it is told to", async () => {
    const controller = new AbortController();
    const { url } = await serve(() => {
      controller.abort();
      return undefined;
    });
    const error = await failure({ workspace: connection(url) }, "databricks:/j", controller.signal);
    expect(error.code).toBe("WORKSPACE_UNAVAILABLE");
  });

  it.each([{ maxConcurrency: 0 }, { timeoutMillis: -1 }, { maxAttempts: Number.NaN }])("refuses %j", (options) => {
    expect(() => createJudgeClient(options)).toThrow(
      expect.objectContaining({ code: "CONFIG_OPTION_INVALID" }) as Error,
    );
  });
});
