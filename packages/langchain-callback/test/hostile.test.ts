import { AIMessage, HumanMessage } from "@langchain/core/messages";
import { RunnableLambda } from "@langchain/core/runnables";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import { TracelakeCallbackHandler } from "@tracelake/langchain-callback";
import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { startRecorder } from "../../../test/support/span-recorder.ts";
import { countOpenRuns } from "../src/run-registry.ts";
import { inputsOf, outputsOf, treeOf } from "./span-tree.ts";

let recorder: ReturnType<typeof startRecorder>;
beforeEach(() => {
  recorder = startRecorder();
});

const handler = new TracelakeCallbackHandler();
const circular: Record<string, unknown> = { name: "loop" };
circular["self"] = circular;
const throwing = (): never => {
  throw new Error("a getter of the application's");
};

const values: readonly (readonly [string, unknown])[] = [
  ["nothing", undefined],
  ["a circular object", circular],
  ["a Zod schema", z.object({ a: z.string() })],
  ["a function", { call: throwing }],
  ["a throwing getter", Object.defineProperty({}, "lg_name", { get: throwing, enumerable: true })],
  ["a throwing proxy", new Proxy({}, { get: throwing, ownKeys: throwing, has: throwing, getPrototypeOf: throwing })],
  ["a BigInt", 10n],
  ["a huge list", Array.from({ length: 100_000 }, (_, index) => index)],
  [
    "a class of the application's",
    new (class Basket {
      items = [1];
      toJSON = throwing;
    })(),
  ],
];

describe("whatever passes through a run", () => {
  it.each(values)("%s is recorded somehow, and changes nothing", async (_, value) => {
    const step = RunnableLambda.from(() => ({ value })).withConfig({ runName: "step" });
    const plain = await step.invoke({ value });
    const traced = await step.invoke({ value }, { callbacks: [handler] });
    expect(traced.value).toBe(plain.value);
    expect(treeOf(recorder.spans())).toEqual(["step CHAIN"]);
    expect(recorder.span("step").attributes["mlflow.spanOutputs"]).toBeTypeOf("string");
  });

  it("takes messages of classes nobody knows", () => {
    class Note extends HumanMessage {
      override getType(): never {
        throw new Error("no type");
      }
    }
    const start = (messages: unknown) =>
      handler.handleChatModelStart({ id: ["x"] }, [messages], "unknown-message", undefined, {}, [], {}, "model");
    expect(() => start([new Note("hidden"), { getType: () => "oracle", content: "dark" }, 7, null])).not.toThrow();
    handler.handleLLMEnd({ generations: [[{ message: new AIMessage("ok") }]] }, "unknown-message");
    expect(treeOf(recorder.spans())).toEqual(["model CHAT_MODEL"]);
    expect(outputsOf(recorder.span("model"))).toMatchObject({ choices: [{ message: { content: "ok" } }] });
  });
});

describe("events that should not come", () => {
  it("of runs that never began are left alone", () => {
    handler.handleChainEnd({}, "never began");
    handler.handleLLMError(new Error("late"), "never began");
    handler.handleLLMNewToken("token", {}, "never began");
    handler.handleCustomEvent("event", {}, "never began");
    expect([recorder.spans(), countOpenRuns()]).toEqual([[], 0]);
  });

  it("of a run that begins or ends twice count once", () => {
    const begin = () => handler.handleChainStart({ id: ["Twice"] }, { n: 1 }, "twice", undefined, [], {});
    begin();
    begin();
    handler.handleChainEnd({ first: true }, "twice");
    handler.handleChainEnd({ first: false }, "twice");
    handler.handleChainError(new Error("too late"), "twice");
    expect(treeOf(recorder.spans())).toEqual(["Twice CHAIN"]);
    expect(outputsOf(recorder.span("Twice"))).toEqual({ first: true });
  });

  it("with arguments of no sense at all throw nothing", () => {
    for (const junk of [undefined, null, 0, "", [], circular]) {
      const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(TracelakeCallbackHandler.prototype));
      for (const method of methods.filter((name) => name.startsWith("handle"))) {
        const call: unknown = Reflect.get(handler, method);
        if (typeof call !== "function") throw new Error(method);
        expect(() => {
          Reflect.apply(
            call,
            handler,
            Array.from({ length: 9 }, () => junk),
          );
        }).not.toThrow();
      }
    }
    handler.handleChainEnd({}, "");
    expect(countOpenRuns()).toBe(0);
  });
});

describe("the application's own handlers", () => {
  it("may throw: the run and its neighbours are recorded all the same", async () => {
    const broken = { name: "broken", awaitHandlers: true, handleChainStart: throwing, handleChatModelStart: throwing };
    const model = new FakeListChatModel({ responses: ["yes"] });
    const step = RunnableLambda.from(async (_: string, config) => (await model.invoke("?", config)).content);
    await step.invoke("x", { callbacks: [broken, handler] });
    expect(treeOf(recorder.spans())).toEqual(["RunnableLambda CHAIN", "  FakeListChatModel CHAT_MODEL"]);
  });

  it("stand beside two of ours without a span more", async () => {
    const model = new FakeListChatModel({ responses: ["yes"], callbacks: [new TracelakeCallbackHandler()] });
    await model.invoke("?", { callbacks: [handler, new TracelakeCallbackHandler()] });
    expect(treeOf(recorder.spans())).toEqual(["FakeListChatModel CHAT_MODEL"]);
    expect(inputsOf(recorder.span("FakeListChatModel"))).toEqual({ messages: [{ role: "user", content: "?" }] });
  });
});
