import { SpanStatusCode } from "@opentelemetry/api";
import { autolog, unautolog } from "@tracelake/autolog-openai";
import OpenAI, { AzureOpenAI, BedrockOpenAI, toFile } from "openai";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { inputs, json, outputs, startRecorder } from "../../../test/support/span-recorder.ts";
import { useReplayedClient } from "./replayed-client.ts";

const replayed = useReplayedClient();
const client = () => replayed().client;
const noRetry = { maxRetries: 0, logLevel: "off" as const };

let recorder: ReturnType<typeof startRecorder>;
beforeEach(() => {
  recorder = startRecorder();
  autolog();
});
afterEach(() => unautolog());

const only = () => {
  const spans = recorder.spans();
  expect(spans.map(({ name, status }) => [name, status.code])).toEqual([[spans[0]?.name, SpanStatusCode.OK]]);
  return spans[0] ?? expect.unreachable();
};
const typeOf = (span: ReturnType<typeof only>) => [span.name, span.attributes["mlflow.spanType"]];
const drain = async (stream: AsyncIterable<unknown>): Promise<unknown[]> => {
  const items: unknown[] = [];
  for await (const item of stream) items.push(item);
  return items;
};

describe("text completions", () => {
  it("are recorded as they were answered by a real server", async () => {
    const completion = await client().completions.create({ model: "gemma-text", prompt: "A lake is" });
    const span = only();
    expect(typeOf(span)).toEqual(["Completions", "LLM"]);
    expect(outputs(span)).toEqual(completion);
    expect(span.attributes).toMatchObject({ "gen_ai.operation.name": "text_completion" });
    expect(json(span, "mlflow.chat.tokenUsage")).toMatchObject({ output_tokens: 16 });
  });

  it("are put together from the stream of a real server", async () => {
    const whole = await client().completions.create({ model: "gemma-text", prompt: "A lake is" });
    recorder = startRecorder();
    await drain(await client().completions.create({ model: "gemma-text", prompt: "A lake is", stream: true }));
    expect(outputs(only())).toMatchObject({
      object: "text_completion",
      choices: [{ index: 0, text: whole.choices[0]?.text, finish_reason: "length" }],
      usage: { completion_tokens: 16 },
    });
  });

  it("keep the choices of a stream apart", async () => {
    await drain(await client().completions.create({ model: "text-two-choices", prompt: "a", n: 2, stream: true }));
    expect(outputs(only())).toMatchObject({
      choices: [
        { index: 0, text: "one fish", finish_reason: "stop" },
        { index: 1, text: "two", finish_reason: "length" },
      ],
      usage: { total_tokens: 7 },
    });
  });
});

describe("chat of a real server", () => {
  const messages = [{ role: "user" as const, content: "hello" }];

  it("is the same answer streamed and not streamed, with log probabilities", async () => {
    const whole = await client().chat.completions.create({ model: "gemma-chat", messages, logprobs: true });
    await drain(await client().chat.completions.create({ model: "gemma-chat", messages, stream: true }));
    const [asked, streamed] = recorder.spans().map((span) => outputs(span));
    expect(asked).toEqual(whole);
    const { choices, usage } = whole;
    expect(streamed).toMatchObject({
      model: "gemma-3-270m",
      object: "chat.completion",
      choices: [{ message: { role: "assistant", content: choices[0]?.message.content }, finish_reason: "length" }],
      usage: { completion_tokens: usage?.completion_tokens },
    });
    expect(streamed).toMatchObject({ choices: [{ logprobs: { content: { length: 24 } } }] });
  });

  it("names its error", async () => {
    await expect(client().chat.completions.create({ model: "gemma-refused", messages })).rejects.toThrow("array");
    const [span] = recorder.spans();
    expect([span?.status.code, span?.attributes["http.response.status_code"], span?.attributes["error.type"]]).toEqual([
      SpanStatusCode.ERROR,
      400,
      "BadRequestError",
    ]);
  });
});

describe("images", () => {
  const ask = { model: "image-lake", prompt: "a lake", size: "1024x1024" } as const;

  it("are recorded without their bytes, and with the tokens that the server told", async () => {
    const { data } = await client().images.generate(ask);
    expect(data?.[0]?.b64_json).toHaveLength(1511);
    const span = only();
    expect(typeOf(span)).toEqual(["Images", "TOOL"]);
    expect(inputs(span)).toEqual(ask);
    expect(outputs(span)).toMatchObject({ data: [{ b64_json: expect.stringMatching(/^\[base64, \d+ bytes/) }] });
    expect(json(span, "mlflow.chat.tokenUsage")).toMatchObject({ input_tokens: 13, output_tokens: 272 });
    expect(span.attributes).toMatchObject({
      "gen_ai.output.type": "image",
      "openai.usage.input_tokens_details.text_tokens": 13,
    });
  });

  it("are recorded from their last event when streamed, and counted when left before", async () => {
    const events = await drain(await client().images.generate({ ...ask, stream: true }));
    expect(events).toHaveLength(2);
    expect(outputs(only())).toMatchObject({ data: [{}], usage: { total_tokens: 285 }, quality: "low" });
    recorder = startRecorder();
    for await (const _event of await client().images.generate({ ...ask, stream: true })) break;
    expect(outputs(only())).toEqual({ data: [], partial_images: 1 });
  });

  it("that were handed in are recorded by their kind and size", async () => {
    const image = await toFile(Buffer.from("not really"), "lake.png", { type: "image/png" });
    await client().images.edit({ ...ask, image });
    await client().images.createVariation({ model: ask.model, image });
    const [edited, varied] = recorder.spans();
    expect(edited && inputs(edited)).toMatchObject({ image: "[image/png, 10 bytes]", prompt: "a lake" });
    expect(varied && inputs(varied)).toMatchObject({ image: "[image/png, 10 bytes]" });
  });
});

describe("audio", () => {
  const file = () => toFile(Buffer.from("sound"), "hello.wav", { type: "audio/wav" });

  it("speech is handed out unread, and recorded by its kind and size", async () => {
    const response = await client().audio.speech.create({ model: "speech-hello", input: "hello", voice: "alloy" });
    expect((await response.arrayBuffer()).byteLength).toBe(1034);
    const span = only();
    expect(typeOf(span)).toEqual(["Speech", "TOOL"]);
    expect([inputs(span), outputs(span)]).toEqual([
      { model: "speech-hello", input: "hello", voice: "alloy" },
      "[audio/mpeg, 1034 bytes]",
    ]);
  });

  it("transcriptions are recorded, streamed or not, as text or as JSON", async () => {
    await client().audio.transcriptions.create({ model: "transcript-hello", file: await file() });
    await drain(
      await client().audio.transcriptions.create({ model: "transcript-hello", file: await file(), stream: true }),
    );
    await client().audio.transcriptions.create({
      model: "transcript-plain",
      file: await file(),
      response_format: "text",
    });
    const text = "A lake holds what rivers bring.";
    expect(recorder.spans().map((span) => outputs(span))).toMatchObject([
      { text, usage: { total_tokens: 23 } },
      { text, usage: { total_tokens: 23 } },
      `${text}\n`,
    ]);
    const [whole, streamed] = recorder.spans();
    expect(whole && inputs(whole)).toMatchObject({ file: "[audio/wav, 5 bytes]" });
    for (const span of [whole, streamed]) {
      expect(span?.attributes).toMatchObject({ "openai.usage.input_token_details.audio_tokens": 14 });
    }
  });

  it("translations are recorded with the seconds they count", async () => {
    await client().audio.translations.create({ model: "translation-hello", file: await file() });
    const span = only();
    expect([span.name, outputs(span), span.attributes["openai.usage.seconds"]]).toEqual([
      "Translations",
      { text: "A lake.", usage: { type: "duration", seconds: 3 } },
      3,
    ]);
  });
});

describe("moderations", () => {
  it("are recorded as a guardrail", async () => {
    await client().moderations.create({ model: "moderation-flagged", input: "a harsh word" });
    const span = only();
    expect(typeOf(span)).toEqual(["Moderations", "GUARDRAIL"]);
    expect(outputs(span)).toMatchObject({ results: [{ flagged: true }] });
  });
});

describe("a search of a vector store", () => {
  it("is recorded as a retriever, with its documents", async () => {
    const found = [];
    for await (const result of client().vectorStores.search("vs-lakes", { query: "lakes" })) found.push(result.file_id);
    expect(found).toEqual(["file-lakes", "file-seas"]);
    const span = only();
    expect(typeOf(span)).toEqual(["VectorStores", "RETRIEVER"]);
    expect(inputs(span)).toEqual({ vector_store_id: "vs-lakes", query: "lakes" });
    expect(outputs(span)).toEqual([
      {
        page_content: "Lakes hold\nwhat rivers bring.",
        metadata: { region: "north", doc_uri: "lakes.md", file_id: "file-lakes", score: 0.91 },
        id: "file-lakes",
      },
      {
        page_content: "Seas are salt.",
        metadata: { doc_uri: "seas.md", file_id: "file-seas", score: 0.4 },
        id: "file-seas",
      },
    ]);
  });
});

describe("files, batches, models and conversations", () => {
  const calls: readonly (readonly [string, () => PromiseLike<unknown>, unknown, unknown])[] = [
    [
      "Batches",
      () => client().batches.create({ input_file_id: "f", endpoint: "/v1/responses", completion_window: "24h" }),
      { input_file_id: "f", endpoint: "/v1/responses", completion_window: "24h" },
      { id: "batch-nightly", status: "validating" },
    ],
    [
      "Batches",
      () => client().batches.retrieve("batch-nightly"),
      { batch_id: "batch-nightly" },
      { status: "completed" },
    ],
    ["Batches", () => client().batches.cancel("batch-nightly"), { batch_id: "batch-nightly" }, { object: "batch" }],
    ["Batches", () => client().batches.list(), {}, { data: [{ id: "batch-nightly" }], has_more: false }],
    ["Files", () => client().files.retrieve("file-lakes"), { file_id: "file-lakes" }, { filename: "lakes.md" }],
    ["Files", () => client().files.delete("file-lakes"), { file_id: "file-lakes" }, { id: "file-lakes" }],
    [
      "Files",
      () => client().files.list({ purpose: "x" }, { headers: { "x-key": "hush" } }),
      { purpose: "x" },
      { data: [{ id: "file-lakes" }, { id: "file-seas" }] },
    ],
    [
      "Models",
      () => client().models.list({ headers: { "x-key": "hush" } }),
      {},
      { object: "list", data: [{ id: "gpt-test" }, {}] },
    ],
    [
      "Conversations",
      () => client().conversations.create({ items: [{ role: "user", content: "hi" }] }),
      { items: [{ role: "user", content: "hi" }] },
      { id: "conv-1" },
    ],
    ["Conversations", () => client().conversations.retrieve("conv-1"), { conversation_id: "conv-1" }, {}],
    [
      "Items",
      () => client().conversations.items.create("conv-1", { items: [{ role: "user", content: "hi" }] }),
      { conversation_id: "conv-1", items: [{ role: "user", content: "hi" }] },
      { data: [{ id: "msg_1" }] },
    ],
    ["Items", () => client().conversations.items.list("conv-1"), { conversation_id: "conv-1" }, { data: [{}] }],
  ];

  it.each(calls)("%s: call %#", async (name, call, asked, answered) => {
    await call();
    const span = only();
    expect([span.name, inputs(span)]).toEqual([name, asked]);
    expect(outputs(span)).toMatchObject(answered as object);
    expect(span.attributes).not.toHaveProperty("mlflow.chat.tokenUsage");
  });

  it("hand out contents unread, and pages one by one", async () => {
    const content = await client().files.content("file-lakes");
    expect(await content.text()).toBe("Lakes hold what rivers bring.\n");
    expect(outputs(only())).toBe("[application/octet-stream, 30 bytes]");
    const file = await toFile(Buffer.from("text"), "lakes.md", { type: "text/markdown" });
    await client().files.create({ file, purpose: "assistants" });
    expect(inputs(recorder.spans()[1] ?? expect.unreachable())).toEqual({
      file: "[text/markdown, 4 bytes]",
      purpose: "assistants",
    });
    const page = await client().files.list();
    expect([page.hasNextPage(), page.getPaginatedItems().length]).toEqual([false, 2]);
  });

  it("belong to their conversation", async () => {
    await client().responses.create({ model: "responses-hello", input: "hi", conversation: "conv-1" });
    expect(only().attributes["gen_ai.conversation.id"]).toBe("conv-1");
  });
});

describe("responses", () => {
  it("made in the background are recorded each time, and their tokens once", async () => {
    const background = await client().responses.create({
      model: "responses-background",
      input: "hi",
      background: true,
    });
    const states = [background.status];
    for (let round = 0; round < 3; round++) states.push((await client().responses.retrieve(background.id)).status);
    expect(states).toEqual(["queued", "in_progress", "completed", "completed"]);
    const spans = recorder.spans();
    expect(spans.map((span) => inputs(span)).slice(1)).toEqual(
      states.slice(1).map(() => ({ response_id: background.id })),
    );
    expect(spans.map((span) => json(span, "mlflow.chat.tokenUsage") !== undefined)).toEqual([
      false,
      false,
      true,
      false,
    ]);
    expect(spans.map((span) => span.attributes["gen_ai.response.finish_reasons"])).toEqual([
      undefined,
      undefined,
      ["completed"],
      ["completed"],
    ]);
  });

  it("are streamed from where they are, cancelled and compacted", async () => {
    await drain(await client().responses.retrieve("resp-streamed", { stream: true }));
    await client().responses.cancel("resp-cancelled");
    await client().responses.compact({ model: "responses-compacted", input: "long ago" });
    expect(recorder.spans().map((span) => outputs(span))).toMatchObject([
      { id: "resp-streamed", status: "completed", output: [{}, {}] },
      { status: "cancelled" },
      { object: "response.compaction", output: [{ type: "compaction" }] },
    ]);
    expect(recorder.spans().map((span) => inputs(span))).toEqual([
      { response_id: "resp-streamed", stream: true },
      { response_id: "resp-cancelled" },
      { model: "responses-compacted", input: "long ago" },
    ]);
  });

  it("keep credentials for remote tools out of the trace", async () => {
    const tools = [
      {
        type: "mcp" as const,
        server_label: "orders",
        server_url: "https://example.com",
        headers: { "x-key": "hush" },
        authorization: "hush",
      },
    ];
    await client().responses.create({ model: "responses-hello", input: "hi", tools });
    const { attributes } = only();
    expect(JSON.stringify(attributes)).not.toContain("hush");
    expect(JSON.stringify(attributes)).toContain("x-key");
  });
});

describe("assistants", () => {
  const runs = () => client().beta.threads.runs;

  it("are recorded from the stream of a run, with the messages they wrote and their tokens", async () => {
    const run = await runs().stream("thread-1", { assistant_id: "asst_1" }).finalRun();
    expect(run.status).toBe("completed");
    const span = only();
    expect(typeOf(span)).toEqual(["Runs", "AGENT"]);
    expect(inputs(span)).toMatchObject({ thread_id: "thread-1", assistant_id: "asst_1" });
    expect(outputs(span)).toMatchObject({
      status: "completed",
      messages: [{ content: [{ text: { value: "A lake is a table." } }] }],
    });
    expect(json(span, "mlflow.chat.tokenUsage")).toMatchObject({ total_tokens: 38 });
    expect(span.attributes["gen_ai.conversation.id"]).toBe("thread-1");
  });

  it("keep what a message had said when the run is left", async () => {
    const stream = await runs().create("thread-1", { assistant_id: "asst_1", stream: true });
    for await (const event of stream) if (event.event === "thread.message.delta") break;
    expect(outputs(only())).toMatchObject({
      status: "in_progress",
      messages: [{ content: [{ text: { value: "A lake " } }] }],
    });
  });

  it("are one span around the call and the waiting, whose tokens count once", async () => {
    const run = await runs().createAndPoll("thread-1", { assistant_id: "asst_1" }, { pollIntervalMs: 1 });
    expect(run.status).toBe("completed");
    const [created, polled, whole] = recorder.spans();
    expect([created, polled].map((span) => span?.parentSpanContext?.spanId)).toEqual([
      whole?.spanContext().spanId,
      whole?.spanContext().spanId,
    ]);
    expect(whole && outputs(whole)).toMatchObject({ id: "run-1", status: "completed" });
    const counted = recorder.spans().filter((span) => json(span, "mlflow.chat.tokenUsage") !== undefined);
    expect(counted).toHaveLength(1);
  });

  it("that failed are errors", async () => {
    await runs().poll("run-failed", { thread_id: "thread-1" });
    const [span] = recorder.spans();
    expect(span?.status).toEqual({
      code: SpanStatusCode.ERROR,
      message: "rate_limit_exceeded: You exceeded your quota.",
    });
  });

  it("are given threads and messages that are recorded as memory", async () => {
    await client().beta.threads.create({ messages: [{ role: "user", content: "hi" }] });
    await client().beta.threads.messages.create("thread-1", { role: "user", content: "What is a lake?" });
    expect(recorder.spans().map((span) => [...typeOf(span), inputs(span)])).toEqual([
      ["Threads", "MEMORY", { messages: [{ role: "user", content: "hi" }] }],
      ["Messages", "MEMORY", { thread_id: "thread-1", role: "user", content: "What is a lake?" }],
    ]);
  });
});

describe("a raw request", () => {
  it("is recorded as the method it stands for", async () => {
    const body = { model: "chat-hello", messages: [{ role: "user", content: "hello" }] };
    await client().post("/chat/completions", { body });
    const span = only();
    expect(typeOf(span)).toEqual(["Completions", "CHAT_MODEL"]);
    expect([inputs(span), json(span, "mlflow.chat.tokenUsage")]).toMatchObject([body, { total_tokens: 30 }]);
  });

  it("of anything else is left alone", async () => {
    await client().post("/chat-hello", { body: {} });
    expect(recorder.spans()).toEqual([]);
  });
});

describe("the server", () => {
  const messages = [{ role: "user" as const, content: "hello" }];
  const seen = async (ask: (fetch: () => Promise<Response>) => Promise<unknown>) => {
    const answer = () => Promise.resolve(Response.json({ id: "1", object: "chat.completion", choices: [] }));
    await ask(answer);
    const { attributes } = only();
    return ["gen_ai.provider.name", "gen_ai.request.model", "mlflow.llm.model", "server.address"].map(
      (key) => attributes[key],
    );
  };
  const create = (created: OpenAI, model = "m") => created.chat.completions.create({ model, messages });

  it("is Azure's, with the deployment as the model", async () => {
    const azure = { apiKey: "none", apiVersion: "2026-01-01", endpoint: "https://lake.openai.azure.com", ...noRetry };
    expect(await seen((fetch) => create(new AzureOpenAI({ ...azure, fetch, deployment: "gpt-lake" }), ""))).toEqual([
      "azure.ai.openai",
      "gpt-lake",
      "gpt-lake",
      "lake.openai.azure.com",
    ]);
  });

  it("is Bedrock's", async () => {
    const bedrock = (fetch: () => Promise<Response>) =>
      new BedrockOpenAI({ apiKey: "none", awsRegion: "eu-west-1", baseURL: undefined, ...noRetry, fetch });
    expect(await seen((fetch) => create(bedrock(fetch), "openai.gpt-oss"))).toEqual([
      "aws.bedrock",
      "openai.gpt-oss",
      "openai.gpt-oss",
      "bedrock-mantle.eu-west-1.api.aws",
    ]);
  });

  it.each([
    ["https://adb-1.2.azuredatabricks.net/serving-endpoints", "databricks"],
    ["https://dbc-1.cloud.databricks.com/serving-endpoints", "databricks"],
    ["https://notdatabricks.com/v1", "openai"],
    ["https://api.groq.com/openai/v1", "groq"],
  ])("at %s is %s's", async (baseURL, provider) => {
    const [named] = await seen((fetch) => create(new OpenAI({ apiKey: "none", baseURL, ...noRetry, fetch })));
    expect(named).toBe(provider);
  });
});
