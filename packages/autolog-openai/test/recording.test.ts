import { SpanStatusCode } from "@opentelemetry/api";
import { autolog, OpenAIInstrumentation, unautolog } from "@tracelake/autolog-openai";
import { NodeSDK, tracing } from "@opentelemetry/sdk-node";
import { withSpan } from "@tracelake/uc-exporter";
import { readFileSync } from "node:fs";
import OpenAI, { AzureOpenAI } from "openai";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { inputs, json, outputs, startRecorder } from "../../../test/support/span-recorder.ts";
import { version } from "../src/version.ts";
import { useReplayedClient } from "./replayed-client.ts";

const replayed = useReplayedClient();
const completions = () => replayed().client.chat.completions;
const responses = () => replayed().client.responses;
const messages = [{ role: "user" as const, content: "hello" }];

let recorder: ReturnType<typeof startRecorder>;
beforeEach(() => {
  recorder = startRecorder();
  autolog();
});
afterEach(() => unautolog());

const drain = async (stream: AsyncIterable<unknown>): Promise<void> => {
  for await (const chunk of stream) expect(chunk).toBeTruthy();
};

const streamed = async (model: string): Promise<Record<string, unknown>> => {
  await drain(await completions().create({ model, messages, stream: true }));
  return outputs(recorder.span("Completions")) as Record<string, unknown>;
};

describe("a chat completion", () => {
  it("is recorded as MLflow's Python client records it, and by OpenTelemetry's conventions", async () => {
    const tools = [{ type: "function" as const, function: { name: "weather", parameters: { type: "object" } } }];
    const body = { model: "chat-hello", messages, tools, temperature: 0, stop: "END", max_completion_tokens: 50 };
    const completion = await completions().create(body);
    const span = recorder.span("Completions");
    expect(inputs(span)).toEqual(body);
    expect(outputs(span)).toEqual(completion);
    expect(json(span, "mlflow.chat.tokenUsage")).toEqual({
      input_tokens: 21,
      output_tokens: 9,
      total_tokens: 30,
      cache_read_input_tokens: 16,
    });
    expect(json(span, "mlflow.chat.tools")).toEqual(tools);
    expect(span.attributes).toMatchObject({
      "mlflow.spanType": "CHAT_MODEL",
      "mlflow.message.format": "openai",
      "mlflow.llm.model": "chat-hello",
      "mlflow.llm.provider": "openai",
      model: "chat-hello",
      temperature: 0,
      stop: "END",
      max_completion_tokens: 50,
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "openai",
      "gen_ai.request.model": "chat-hello",
      "gen_ai.request.temperature": 0,
      "gen_ai.request.max_tokens": 50,
      "gen_ai.request.stop_sequences": ["END"],
      "gen_ai.response.id": "chatcmpl-1",
      "gen_ai.response.model": "gpt-test-2026",
      "gen_ai.response.finish_reasons": ["stop"],
      "gen_ai.usage.input_tokens": 21,
      "gen_ai.usage.output_tokens": 9,
      "gen_ai.usage.cache_read.input_tokens": 16,
      "gen_ai.usage.reasoning.output_tokens": 4,
      "server.address": "127.0.0.1",
      "server.port": Number(new URL(replayed().server.url).port),
    });
    expect(span.attributes).not.toHaveProperty("messages");
    expect(span.status.code).toBe(SpanStatusCode.OK);
  });

  it("keeps all choices", async () => {
    await completions().create({ model: "chat-two-choices", messages, n: 2 });
    const span = recorder.span("Completions");
    expect(outputs(span)).toMatchObject({ choices: [{ index: 0 }, { index: 1 }] });
    expect(span.attributes["gen_ai.response.finish_reasons"]).toEqual(["stop", "length"]);
  });

  it("says what an error was, with its status and code", async () => {
    await expect(completions().create({ model: "error-rate-limit", messages })).rejects.toThrow("429");
    const { attributes, status } = recorder.span("Completions");
    expect([attributes["http.response.status_code"], attributes["error.type"], status.code]).toEqual([
      429,
      "RateLimitError",
      SpanStatusCode.ERROR,
    ]);
  });

  it("is a child of the span around it", async () => {
    await withSpan({ name: "agent" }, () => completions().create({ model: "chat-hello", messages }));
    expect(recorder.span("Completions").parentSpanContext?.spanId).toBe(recorder.span("agent").spanContext().spanId);
  });

  it("keeps settings, and leaves out everything that was asked, where content is off", async () => {
    recorder = startRecorder({ content: false });
    await responses().create({
      model: "responses-hello",
      input: "secret",
      instructions: "secret",
      metadata: { note: "secret" },
      reasoning: { effort: "low" },
      user: "secret",
      tools: [{ type: "function", name: "secret", parameters: {}, strict: true }],
    });
    const { attributes } = recorder.span("Responses");
    expect(JSON.stringify(attributes)).not.toContain("secret");
    expect([attributes["model"], attributes["reasoning"]]).toEqual(["responses-hello", '{"effort":"low"}']);
    expect(attributes["gen_ai.usage.input_tokens"]).toBe(30);
  });
});

describe("a streamed chat completion", () => {
  it("is rebuilt with its text, logprobs and usage", async () => {
    const completion = await streamed("chat-hello");
    expect(completion).toMatchObject({
      id: "chatcmpl-9",
      object: "chat.completion",
      model: "gpt-test-2026",
      choices: [
        { index: 0, message: { role: "assistant", content: "A lake. 湖", refusal: null }, finish_reason: "stop" },
      ],
      usage: { total_tokens: 30 },
    });
    expect(completion).toMatchObject({ choices: [{ logprobs: { content: { length: 3 } } }] });
    expect(completion).not.toHaveProperty("obfuscation");
    expect(json(recorder.span("Completions"), "mlflow.chat.tokenUsage")).toMatchObject({ total_tokens: 30 });
  });

  it("keeps choices apart", async () => {
    expect((await streamed("chat-two-choices"))["choices"]).toMatchObject([
      { index: 0, message: { content: "one" }, finish_reason: "stop" },
      { index: 1, message: { content: "two" }, finish_reason: "length" },
    ]);
    expect(recorder.span("Completions").attributes).not.toHaveProperty("mlflow.chat.tokenUsage");
  });

  it("keeps parallel tool calls apart", async () => {
    expect((await streamed("chat-tools"))["choices"]).toMatchObject([
      {
        message: {
          content: null,
          tool_calls: [
            { id: "call_a", type: "function", function: { name: "alpha", arguments: '{"x":1}' } },
            { id: "call_b", type: "function", function: { name: "beta", arguments: '{"y":2}' } },
          ],
        },
        finish_reason: "tool_calls",
      },
    ]);
  });

  it("keeps a refusal", async () => {
    expect((await streamed("chat-refusal"))["choices"]).toMatchObject([
      { message: { content: null, refusal: "I cannot." } },
    ]);
  });
});

describe("a response", () => {
  it("is recorded whole, with usage, and tools in the shape of chat", async () => {
    const tools = [
      { type: "function" as const, name: "weather", parameters: {}, strict: true },
      { type: "web_search" as const },
    ];
    const response = await responses().create({ model: "responses-hello", input: "hi", tools });
    const span = recorder.span("Responses");
    expect(outputs(span)).toMatchObject({ id: "resp_1", output_text: response.output_text });
    expect(json(span, "mlflow.chat.tools")).toEqual([
      { type: "function", function: { name: "weather", parameters: {}, strict: true } },
      { type: "function", function: { name: "web_search" } },
    ]);
    expect(json(span, "mlflow.chat.tokenUsage")).toEqual({
      input_tokens: 30,
      output_tokens: 8,
      total_tokens: 38,
      cache_read_input_tokens: 12,
    });
    expect(span.attributes).toMatchObject({ "mlflow.spanType": "CHAT_MODEL", "gen_ai.operation.name": "chat" });
  });

  const stream = async (model: string) => {
    await drain(await responses().create({ model, input: "hi", stream: true }));
    return recorder.span("Responses");
  };

  it("is recorded from its last event when streamed", async () => {
    const span = await stream("responses-hello");
    expect(outputs(span)).toMatchObject({ id: "resp_9", status: "completed", output: [{}, { name: "weather" }] });
    expect(span.attributes["gen_ai.usage.input_tokens"]).toBe(30);
  });

  it("is put together from what was read when left early", async () => {
    for await (const event of await responses().create({ model: "responses-hello", input: "hi", stream: true })) {
      if (event.type === "response.output_text.delta" && event.delta === "is a ") break;
    }
    const span = recorder.span("Responses");
    expect(outputs(span)).toMatchObject({
      status: "in_progress",
      output: [{ type: "message", content: [{ text: "A lake is a " }] }],
    });
    expect(span.attributes["tracelake.stream.left_early"]).toBe(true);
  });

  it("that failed is an error with code and message, streamed or not", async () => {
    const { status, attributes } = await stream("responses-failed");
    expect(status).toEqual({ code: SpanStatusCode.ERROR, message: "server_error: The model could not answer." });
    expect(attributes["error.type"]).toBe("server_error");
    await responses().create({ model: "responses-failed", input: "hi" });
    expect(recorder.spans().map((span) => span.status.message)).toEqual([status.message, status.message]);
  });

  it("that stopped with an error event is an error", async () => {
    expect((await stream("responses-error-event")).status.message).toBe("overloaded: try later");
  });

  it("that is incomplete keeps its output and usage, without an error", async () => {
    const span = await stream("responses-incomplete");
    expect(outputs(span)).toMatchObject({ status: "incomplete", output: [{ content: [{ text: "A la" }] }] });
    expect([span.status.code, span.attributes["gen_ai.response.finish_reasons"]]).toEqual([
      SpanStatusCode.OK,
      ["max_output_tokens"],
    ]);
    expect(json(span, "mlflow.chat.tokenUsage")).toMatchObject({ total_tokens: 38 });
  });
});

describe("embeddings", () => {
  const embed = (model: string) => replayed().client.embeddings.create({ model, input: ["a", "b"] });

  it("are recorded without their vectors, and without MLflow's token usage", async () => {
    expect((await embed("embeddings-two")).data[0]?.embedding).toEqual([0.25, -0.5, 0.125, 1]);
    const span = recorder.span("Embeddings");
    expect(outputs(span)).toMatchObject({ data: [{ embedding: "[4 dimensions]" }, { embedding: "[4 dimensions]" }] });
    expect(span.attributes).toMatchObject({ "mlflow.spanType": "EMBEDDING", "gen_ai.usage.input_tokens": 5 });
    expect(span.attributes).not.toHaveProperty("mlflow.chat.tokenUsage");
    expect(span.attributes).not.toHaveProperty("mlflow.message.format");
  });

  it("are recorded with their vectors when asked", async () => {
    autolog({ embeddingVectors: true });
    await embed("embeddings-two");
    expect(outputs(recorder.span("Embeddings"))).toMatchObject({ data: [{ embedding: [0.25, -0.5, 0.125, 1] }, {}] });
  });
});

describe("the server", () => {
  it("is named by its host, also for Azure", async () => {
    const client = new AzureOpenAI({
      apiKey: "none",
      endpoint: "https://example.openai.azure.com",
      apiVersion: "2026-01-01",
      maxRetries: 0,
      fetch: () => Promise.reject(new Error("no network in tests")),
    });
    await expect(client.chat.completions.create({ model: "m", messages })).rejects.toThrow("Connection error");
    expect(recorder.span("Completions").attributes).toMatchObject({
      "gen_ai.provider.name": "azure.ai.openai",
      "server.address": "example.openai.azure.com",
      "server.port": 443,
    });
  });
});

describe("OpenAIInstrumentation", () => {
  it("records with the provider of the SDK it is given to, until it is disabled", async () => {
    unautolog();
    const exporter = new tracing.InMemorySpanExporter();
    const instrumentation = new OpenAIInstrumentation();
    const sdk = new NodeSDK({
      autoDetectResources: false,
      instrumentations: [instrumentation],
      spanProcessors: [new tracing.SimpleSpanProcessor(exporter)],
    });
    sdk.start();
    await completions().create({ model: "chat-hello", messages });
    expect(exporter.getFinishedSpans().map((span) => span.name)).toContain("Completions");
    const count = exporter.getFinishedSpans().length;
    instrumentation.disable();
    await completions().create({ model: "chat-hello", messages });
    expect([exporter.getFinishedSpans().length, recorder.spans().length]).toEqual([count, 0]);
    await sdk.shutdown();
  });

  it("does nothing while it is not enabled", () => {
    unautolog();
    const instrumentation = new OpenAIInstrumentation({ enabled: false });
    expect(autolog.status().isInstalled).toBe(false);
    instrumentation.enable();
    expect(autolog.status().isInstalled).toBe(true);
  });

  it("carries the version of the package", () => {
    const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as object;
    expect(manifest).toMatchObject({ version });
    expect(new OpenAIInstrumentation({ enabled: false }).instrumentationVersion).toBe(version);
  });
});

describe("a client that cannot be found", () => {
  it("is recorded where its class is passed", async () => {
    unautolog();
    class Completions {
      create(body: { model: string }): Promise<object> {
        return Promise.resolve({ id: "c", object: "chat.completion", model: body.model, choices: [] });
      }
    }
    autolog({ openai: { default: { Chat: { Completions } } } });
    await new Completions().create({ model: "bundled" });
    expect(autolog.status().patched).toContain("the class passed to autolog()");
    expect(outputs(recorder.span("Completions"))).toMatchObject({ model: "bundled" });
    autolog({ openai: OpenAI });
  });
});
