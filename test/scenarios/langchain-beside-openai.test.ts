import { ChatOpenAI } from "@langchain/openai";
import { autolog as autologOpenAI, unautolog as unautologOpenAI } from "@tracelake/autolog-openai";
import { autolog, unautolog } from "@tracelake/langchain-callback";
import { entryOf } from "@tracelake/tracing";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startReplayServer, type ReplayServer } from "../support/replay-server.ts";
import { startRecorder } from "../support/span-recorder.ts";

let server: ReplayServer;
let recorder: ReturnType<typeof startRecorder>;
beforeAll(async () => {
  server = await startReplayServer(fileURLToPath(new URL("../fixtures/openai", import.meta.url)));
});
afterAll(() => server.close());
beforeEach(async () => {
  recorder = startRecorder();
  autolog();
  autologOpenAI({ openai: await importClientOfLangChain() });
});
afterEach(() => {
  unautolog();
  unautologOpenAI();
});

/** The copy of the client that LangChain's package brings along, as the ES module that it imports. */
const importClientOfLangChain = async (): Promise<object> => {
  const requireFromLangChain = createRequire(createRequire(import.meta.url).resolve("@langchain/openai"));
  const entry = requireFromLangChain.resolve("openai");
  return (await import(pathToFileURL(join(dirname(entry), "index.mjs")).href)) as object;
};

const model = (name: string, fields = {}) =>
  new ChatOpenAI({
    model: name,
    apiKey: "none",
    maxRetries: 0,
    configuration: { baseURL: `${server.url}/v1` },
    ...fields,
  });

const usages = () => recorder.spans().map((span) => [span.name, span.attributes["mlflow.chat.tokenUsage"]]);

describe("LangChain's model and the client inside it, both recorded", () => {
  it("are one tree, in which every token counts once", async () => {
    await model("chat-hello").invoke("hello");
    const [request, call] = recorder.spans();
    expect([request?.name, call?.name]).toEqual(["Completions", "ChatOpenAI"]);
    expect(request?.parentSpanContext?.spanId).toBe(call?.spanContext().spanId);
    expect(usages().map(([name, usage]) => [name, usage !== undefined])).toEqual([
      ["Completions", false],
      ["ChatOpenAI", true],
    ]);
  });

  it("count a stream's tokens once as well", async () => {
    for await (const chunk of await model("chat-hello").stream("hello")) expect(chunk).toBeDefined();
    expect(recorder.spans().map((span) => span.name)).toEqual(["Completions", "ChatOpenAI"]);
    expect(usages().filter(([, usage]) => usage !== undefined)).toHaveLength(1);
  });

  it("have the client's tokens where LangChain has none of its own", async () => {
    const silent = model("chat-hello", { streamUsage: false });
    for await (const chunk of await silent.stream("hello")) expect(chunk).toBeDefined();
    const span = recorder.span("ChatOpenAI");
    const reported = entryOf(span)?.modelCall?.usageBelow;
    expect(reported).toMatchObject({ total_tokens: expect.any(Number) as number });
    expect(span.attributes["mlflow.chat.tokenUsage"]).toBe(JSON.stringify(reported));
  });
});
