import { SpanStatusCode } from "@opentelemetry/api";
import { autolog, unautolog } from "@tracelake/autolog-openai";
import { makeParseableTool } from "openai/lib/parser";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { collectGarbageUntil } from "../../../test/support/collect-garbage.ts";
import { inputs, outputs, startRecorder } from "../../../test/support/span-recorder.ts";
import { useReplayedClient } from "./replayed-client.ts";

const replayed = useReplayedClient();
const completions = () => replayed().client.chat.completions;
const messages = [{ role: "user" as const, content: "How is the weather in Oslo and Rome?" }];

let recorder: ReturnType<typeof startRecorder>;
beforeEach(() => {
  recorder = startRecorder();
  autolog();
});
afterEach(() => unautolog());

const weather = (execute: (args: { city: string }) => unknown) => ({
  type: "function" as const,
  function: {
    name: "weather",
    description: "The weather of a city",
    parameters: { type: "object", properties: { city: { type: "string" } } },
    parse: JSON.parse,
    function: execute as (args: { city: string }) => object,
  },
});

const summary = () =>
  recorder.spans().map((span) => [span.name, span.attributes["mlflow.spanType"], span.status.code, outputs(span)]);

describe("runTools", () => {
  it("is an agent around the calls of the model and a span for every tool that ran", async () => {
    // The first round of this recording is answered once in a process.
    const tools = [weather(({ city }) => Promise.resolve({ city, sky: "snow" }))];
    const runner = completions().runTools({ model: "chat-two-tools", messages, tools });
    expect(await runner.finalContent()).toContain("rivers");
    const [asked, oslo, rome, answered, agent] = recorder.spans();
    expect(summary()).toMatchObject([
      ["Completions", "CHAT_MODEL", SpanStatusCode.OK, { choices: [{ finish_reason: "tool_calls" }] }],
      ["weather", "TOOL", SpanStatusCode.OK, { city: "Oslo", sky: "snow" }],
      ["weather", "TOOL", SpanStatusCode.OK, { city: "Rome", sky: "snow" }],
      ["Completions", "CHAT_MODEL", SpanStatusCode.OK, { choices: [{ finish_reason: "stop" }] }],
      ["Completions.runTools", "AGENT", SpanStatusCode.OK, { role: "assistant" }],
    ]);
    expect([oslo, rome].map((span) => span && inputs(span))).toEqual([{ city: "Oslo" }, { city: "Rome" }]);
    expect([oslo, rome].map((span) => span?.attributes["gen_ai.tool.call.id"])).toEqual(["call_a", "call_b"]);
    const parents = [asked, oslo, rome, answered].map((span) => span?.parentSpanContext?.spanId);
    expect(new Set(parents)).toEqual(new Set([agent?.spanContext().spanId]));
  });

  it("passes a tool's error on, and records it", async () => {
    const broken = weather(() => {
      throw new TypeError("no such city");
    });
    broken.function.name = "broken";
    const runner = completions().runTools({ model: "chat-broken-tool", messages, tools: [broken] });
    await expect(runner.done()).rejects.toThrow("no such city");
    expect(recorder.spans().map(({ name, status }) => [name, status])).toEqual([
      ["Completions", { code: SpanStatusCode.OK }],
      ["broken", { code: SpanStatusCode.ERROR, message: "TypeError: no such city" }],
      ["Completions.runTools", { code: SpanStatusCode.ERROR, message: expect.stringContaining("no such city") }],
    ]);
  });

  it("leaves an error that nobody handles unhandled", async () => {
    const rejected = new Promise((resolve) => process.once("unhandledRejection", resolve));
    void completions().runTools({ model: "error-server", messages, tools: [weather(() => 1)] });
    expect(String(await rejected)).toContain("500");
    expect(recorder.spans().map((span) => span.status.code)).toEqual([SpanStatusCode.ERROR, SpanStatusCode.ERROR]);
  });

  it("ends its span when it is aborted", async () => {
    const runner = completions().runTools({ model: "chat-hello", messages, tools: [weather(() => 1)] });
    runner.abort();
    await expect(runner.done()).rejects.toThrow("aborted");
    expect(recorder.spans().at(-1)).toMatchObject({
      name: "Completions.runTools",
      status: { code: SpanStatusCode.ERROR },
      attributes: { "error.type": "APIUserAbortError" },
    });
  });

  it(
    "ends its span some time after it was dropped, as one is whose tool never answers",
    { timeout: 60_000 },
    async () => {
      const tool = weather(() => new Promise(() => undefined));
      tool.function.name = "broken";
      const asked = () => recorder.spans().some(({ name }) => name === "Completions");
      void completions().runTools({ model: "chat-broken-tool", messages, tools: [tool] });
      await collectGarbageUntil(() => asked() && recorder.spans().length > 1);
      expect(summary()[1]).toEqual(["Completions.runTools", "AGENT", SpanStatusCode.OK, undefined]);
    },
  );

  it("calls a tool as a method of the caller's own object, and leaves the caller's tools alone", async () => {
    const seen: unknown[] = [];
    const tool = weather(() => 1);
    tool.function.name = "broken";
    tool.function.function = function (this: unknown): object {
      seen.push(this);
      return {};
    };
    const before = { ...tool.function };
    const tools = Object.freeze([Object.freeze(tool)]);
    const options = { maxChatCompletions: 1 };
    await completions()
      .runTools({ model: "chat-broken-tool", messages, tools: tools as never }, options)
      .done();
    expect(seen).toEqual([tool.function]);
    expect(seen[0]).toBe(tool.function);
    expect(tool.function).toEqual(before);
    expect(recorder.spans().map((span) => span.name)).toContain("broken");
  });

  it("records the tools of a streamed run", async () => {
    const alpha = { ...weather(() => 2).function, name: "alpha" };
    const beta = { ...weather(() => "done").function, name: "beta" };
    const tools = [alpha, beta].map((definition) => ({ type: "function" as const, function: definition }));
    await completions()
      .runTools({ model: "chat-tools", messages, tools, stream: true }, { maxChatCompletions: 1 })
      .done();
    expect(summary()).toMatchObject([
      ["Completions", "CHAT_MODEL", SpanStatusCode.OK, {}],
      ["alpha", "TOOL", SpanStatusCode.OK, 2],
      ["beta", "TOOL", SpanStatusCode.OK, "done"],
      ["Completions.runTools", "AGENT", SpanStatusCode.OK, {}],
    ]);
    expect(recorder.spans()[1]?.attributes["gen_ai.tool.call.id"]).toBe("call_a");
  });

  it("records the tools that the client's own helpers make", async () => {
    const definition = { name: "weather", parameters: {}, strict: true };
    const tool = makeParseableTool(
      { type: "function", function: definition },
      { parser: (text) => JSON.parse(text) as unknown, callback: () => ({ sky: "snow" }) },
    );
    const runner = completions().runTools(
      { model: "chat-tool-call", messages, tools: [tool as never] },
      { maxChatCompletions: 1 },
    );
    await runner.done();
    const span = recorder.span("weather");
    expect([inputs(span), outputs(span)]).toEqual([{ city: "Oslo" }, { sky: "snow" }]);
  });

  it("records no arguments and no results where content is off", async () => {
    recorder = startRecorder({ content: false });
    const tool = weather(() => "hush");
    tool.function.name = "broken";
    const runner = completions().runTools(
      { model: "chat-broken-tool", messages, tools: [tool] },
      { maxChatCompletions: 1 },
    );
    await runner.done();
    expect(recorder.spans()).toHaveLength(3);
    expect(JSON.stringify(recorder.spans().map((span) => span.attributes))).not.toMatch(/hush|Oslo/);
  });
});
