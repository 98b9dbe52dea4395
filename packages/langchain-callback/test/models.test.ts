import {
  AIMessage,
  AIMessageChunk,
  ChatMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
} from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import { ChatOpenAI, type ChatOpenAIFields } from "@langchain/openai";
import { TracelakeCallbackHandler } from "@tracelake/langchain-callback";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { fileURLToPath } from "node:url";
import { startReplayServer, type ReplayServer } from "../../../test/support/replay-server.ts";
import { startRecorder } from "../../../test/support/span-recorder.ts";
import { inputsOf, outputsOf, treeOf, usageOf, valueOf } from "./span-tree.ts";

let server: ReplayServer;
beforeAll(async () => {
  server = await startReplayServer(fileURLToPath(new URL("../../../test/fixtures/openai", import.meta.url)));
});
afterAll(() => server.close());

let recorder: ReturnType<typeof startRecorder>;
beforeEach(() => {
  recorder = startRecorder();
});

const handler = new TracelakeCallbackHandler();
const callbacks = [handler];
const secret = "sk-not-to-be-seen";
const openai = (model: string, fields: Partial<ChatOpenAIFields> = {}) =>
  new ChatOpenAI({ model, apiKey: secret, maxRetries: 0, configuration: { baseURL: `${server.url}/v1` }, ...fields });
const weather = tool(() => "rain", {
  name: "weather",
  description: "the weather",
  schema: z.object({ city: z.string() }),
});

describe("a chat model", () => {
  it("is recorded with its request, its answer, its settings and its tokens", async () => {
    await openai("chat-hello", { temperature: 0.2, maxTokens: 64 }).invoke("hello", { callbacks });
    const span = recorder.span("ChatOpenAI");
    expect(inputsOf(span)).toMatchObject({
      messages: [{ role: "user", content: "hello" }],
      model: "chat-hello",
      temperature: 0.2,
    });
    expect(outputsOf(span)).toMatchObject({
      model: "gpt-test-2026",
      choices: [{ index: 0, message: { role: "assistant" }, finish_reason: "stop" }],
    });
    expect(span.attributes).toMatchObject({
      "mlflow.spanType": "CHAT_MODEL",
      "mlflow.message.format": "openai",
      "mlflow.llm.model": "chat-hello",
      "mlflow.llm.provider": "openai",
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "openai",
      "gen_ai.request.model": "chat-hello",
      "gen_ai.request.temperature": 0.2,
      "gen_ai.response.model": "gpt-test-2026",
      "gen_ai.response.finish_reasons": ["stop"],
    });
    expect(usageOf(span)).toMatchObject({ input_tokens: expect.any(Number) as number });
    expect(JSON.stringify(span.attributes)).not.toContain(secret);
  });

  it("is recorded with the tools it was offered and the calls it made, in OpenAI's shape", async () => {
    await openai("chat-tool-call").bindTools([weather]).invoke("Oslo?", { callbacks });
    const span = recorder.span("ChatOpenAI");
    expect(valueOf(span, "mlflow.chat.tools")).toMatchObject([
      { type: "function", function: { name: "weather", description: "the weather", parameters: { type: "object" } } },
    ]);
    expect(outputsOf(span)).toMatchObject({
      choices: [
        {
          message: {
            content: null,
            tool_calls: [
              { id: "call_1", type: "function", function: { name: "weather", arguments: '{"city":"Oslo"}' } },
            ],
          },
          finish_reason: "tool_calls",
        },
      ],
    });
    expect(usageOf(span)).toEqual({
      input_tokens: 21,
      output_tokens: 9,
      total_tokens: 30,
      cache_read_input_tokens: 16,
    });
    expect(span.attributes["gen_ai.usage.reasoning.output_tokens"]).toBe(4);
  });

  it("is recorded alike when it streams, with the time to its first token", async () => {
    let read = "";
    for await (const chunk of await openai("chat-hello").stream("hello", { callbacks })) read += chunk.text;
    const span = recorder.span("ChatOpenAI");
    expect(outputsOf(span)).toMatchObject({ choices: [{ message: { role: "assistant", content: read } }] });
    expect(span.events.map(({ name, attributes }) => [name, Object.keys(attributes ?? {})])).toEqual([
      ["first_token", ["time_to_first_token_millis"]],
    ]);
  });

  it("fails as the provider fails", async () => {
    await expect(openai("error-rate-limit").invoke("hello", { callbacks })).rejects.toThrow();
    expect(treeOf(recorder.spans())).toEqual(["ChatOpenAI CHAT_MODEL ERROR"]);
  });

  it("says what it is doing only by settings that are known, not by whatever else it was given", () => {
    const invocation = { model: "m", top_p: 0.5, api_key: secret, headers: { authorization: secret } };
    handler.handleChatModelStart({ id: ["Chat"], kwargs: { apiKey: secret } }, [[]], "settings", undefined, {
      invocation_params: invocation,
      options: { headers: { authorization: secret } },
    });
    handler.handleLLMEnd({ generations: [] }, "settings");
    const span = recorder.span("Chat");
    expect(inputsOf(span)).toEqual({ messages: [], model: "m", top_p: 0.5 });
    expect(JSON.stringify(span.attributes)).not.toContain(secret);
  });
});

describe("the tokens of an answer", () => {
  let run = 0;
  const record = (output: unknown, extra?: unknown) => {
    const runId = `usage-${++run}`;
    recorder = startRecorder();
    handler.handleChatModelStart({ id: ["Model"] }, [[]], runId, undefined, {}, [], {});
    handler.handleLLMEnd(output, runId, undefined, undefined, extra);
    return recorder.span("Model");
  };
  const message = (fields: object) => new AIMessage({ content: "", ...fields });
  const counts = { input_tokens: 5, output_tokens: 2, total_tokens: 7 };

  it("come from its messages, all of them, before any summary", () => {
    const details = { ...counts, input_token_details: { cache_read: 3, cache_creation: 1 } };
    const generations = [
      [{ message: message({ usage_metadata: details }) }, { message: message({ usage_metadata: counts }) }],
    ];
    const span = record({ generations, llmOutput: { tokenUsage: { promptTokens: 99, completionTokens: 99 } } });
    expect(usageOf(span)).toEqual({
      input_tokens: 10,
      output_tokens: 4,
      total_tokens: 14,
      cache_read_input_tokens: 3,
      cache_creation_input_tokens: 1,
    });
  });

  it.each([
    ["LangChain's summary", { llmOutput: { tokenUsage: { promptTokens: 5, completionTokens: 2, totalTokens: 7 } } }],
    ["a provider's summary", { llmOutput: { usage: { input_tokens: 5, output_tokens: 2 } } }],
  ])("come from %s where messages have none", (_, output) => {
    expect(usageOf(record({ generations: [[{ message: message({}) }]], ...output }))).toEqual(counts);
  });

  it("come from the provider's own answer where nothing else has them", () => {
    const metadata = { usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 } };
    expect(usageOf(record({ generations: [[{ message: message({ response_metadata: metadata }) }]] }))).toEqual(counts);
  });

  it("are never LangChain's estimate, which is said to be one", () => {
    const span = record({
      generations: [[{ message: message({}) }]],
      llmOutput: { estimatedTokenUsage: { promptTokens: 4, completionTokens: 4, totalTokens: 8 } },
    });
    expect(span.attributes).not.toHaveProperty("mlflow.chat.tokenUsage");
    expect(span.attributes["langchain.estimated_total_tokens"]).toBe(8);
  });

  it("are none where the answer was cached", () => {
    const span = record({ generations: [[{ message: message({ usage_metadata: counts }) }]] }, { cached: true });
    expect(span.attributes).not.toHaveProperty("mlflow.chat.tokenUsage");
    expect(span.attributes["langchain.cached"]).toBe(true);
  });
});

describe("messages", () => {
  const recordedAs = async (...messages: (HumanMessage | AIMessage | SystemMessage | ToolMessage | ChatMessage)[]) => {
    recorder = startRecorder();
    await new FakeListChatModel({ responses: ["ok"] }).invoke(messages, { callbacks });
    const { messages: recorded } = inputsOf(recorder.span("FakeListChatModel")) as { messages: unknown[] };
    return recorded;
  };

  it("have OpenAI's roles", async () => {
    expect(
      await recordedAs(
        new SystemMessage("be brief"),
        new ChatMessage({ role: "developer", content: "be kind" }),
        new HumanMessage({ content: "hi", name: "ann" }),
        new ToolMessage({ content: "42", tool_call_id: "c1", artifact: { large: true } }),
      ),
    ).toEqual([
      { role: "system", content: "be brief" },
      { role: "developer", content: "be kind" },
      { role: "user", content: "hi", name: "ann" },
      { role: "tool", content: "42", tool_call_id: "c1" },
    ]);
  });

  it("have pictures as references, and no more than a description of those that are inline", async () => {
    const data = "iVBORw0KGgo".repeat(200);
    const content = [
      { type: "text", text: "what is this?" },
      { type: "image_url", image_url: { url: "https://example.com/lake.png" } },
      { type: "image", source: { type: "base64", media_type: "image/png", data } },
    ];
    const [recorded] = await recordedAs(new HumanMessage({ content }));
    expect(recorded).toMatchObject({
      role: "user",
      content: [
        { type: "text", text: "what is this?" },
        { type: "image_url", image_url: { url: "https://example.com/lake.png" } },
        { type: "image_url", image_url: { url: expect.stringMatching(/^\[image\/png, \d+ bytes/) as string } },
      ],
    });
  });

  it("have reasoning apart from what was said, and tool calls once", async () => {
    const content = [
      { type: "thinking", thinking: "rivers lead to lakes" },
      { type: "text", text: "I will look." },
      { type: "tool_use", id: "c1", name: "search", input: { q: "x" } },
    ];
    const [recorded] = await recordedAs(
      new AIMessage({ content, tool_calls: [{ id: "c1", name: "search", args: { q: "x" } }] }),
    );
    expect(recorded).toEqual({
      role: "assistant",
      content: "I will look.",
      reasoning_content: "rivers lead to lakes",
      tool_calls: [{ id: "c1", type: "function", function: { name: "search", arguments: '{"q":"x"}' } }],
    });
  });

  it("have tool calls whose arguments were not JSON as they came", async () => {
    const [recorded] = await recordedAs(
      new AIMessageChunk({
        content: "",
        tool_call_chunks: [{ id: "c1", name: "search", args: '{"q": ', index: 0, type: "tool_call_chunk" }],
      }),
    );
    expect(recorded).toMatchObject({ content: null, tool_calls: [{ id: "c1", function: { name: "search" } }] });
  });
});
