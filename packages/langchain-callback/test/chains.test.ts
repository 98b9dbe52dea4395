import { JsonOutputParser, StringOutputParser } from "@langchain/core/output_parsers";
import { ChatPromptTemplate } from "@langchain/core/prompts";
import { dispatchCustomEvent } from "@langchain/core/callbacks/dispatch";
import { RunnableBranch, RunnableLambda, RunnableParallel, RunnablePassthrough } from "@langchain/core/runnables";
import { tool } from "@langchain/core/tools";
import { FakeListChatModel, FakeLLM } from "@langchain/core/utils/testing";
import { TracelakeCallbackHandler } from "@tracelake/langchain-callback";
import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { startRecorder } from "../../../test/support/span-recorder.ts";
import { inputsOf, outputsOf, traceCount, treeOf, valueOf } from "./span-tree.ts";

let recorder: ReturnType<typeof startRecorder>;
beforeEach(() => {
  recorder = startRecorder();
});

const callbacks = [new TracelakeCallbackHandler()];
const prompt = ChatPromptTemplate.fromMessages([["human", "{question}"]]);
const model = () => new FakeListChatModel({ responses: ["A lake holds rivers."] });
const chain = () => prompt.pipe(model()).pipe(new StringOutputParser());
const named = (name: string, action: (input: unknown) => unknown) =>
  RunnableLambda.from(action).withConfig({ runName: name });
const tree = () => treeOf(recorder.spans());

const answerTree = ["  ChatPromptTemplate CHAIN", "  FakeListChatModel CHAT_MODEL", "  StrOutputParser PARSER"];

describe("a chain", () => {
  it("is a tree of spans with what each step got and gave", async () => {
    await chain().invoke({ question: "What is a lake?" }, { callbacks, runName: "answer" });
    expect(tree()).toEqual(["answer CHAIN", ...answerTree]);
    expect(inputsOf(recorder.span("answer"))).toEqual({ question: "What is a lake?" });
    expect(outputsOf(recorder.span("answer"))).toEqual({ output: "A lake holds rivers." });
    expect(outputsOf(recorder.span("ChatPromptTemplate"))).toEqual({
      messages: [{ role: "user", content: "What is a lake?" }],
    });
    expect(inputsOf(recorder.span("StrOutputParser"))).toEqual({ role: "assistant", content: "A lake holds rivers." });
  });

  it("is the same tree when it is streamed, with inputs that are known only at the end", async () => {
    for await (const chunk of await chain().stream({ question: "What?" }, { callbacks, runName: "answer" })) {
      expect(recorder.spans().map((span) => span.name)).not.toContain("answer");
      expect(chunk).not.toBe("");
    }
    expect(tree()).toEqual(["answer CHAIN", ...answerTree]);
    expect(inputsOf(recorder.span("answer"))).toEqual({ question: "What?" });
    expect(inputsOf(recorder.span("StrOutputParser"))).toEqual({ role: "assistant", content: "A lake holds rivers." });
    expect(outputsOf(recorder.span("StrOutputParser"))).toBe("A lake holds rivers.");
    expect(recorder.span("FakeListChatModel").events.map((event) => event.name)).toEqual(["first_token"]);
  });

  it("is one tree for each item of a batch", async () => {
    await chain().batch([{ question: "1" }, { question: "2" }], { callbacks, maxConcurrency: 1 });
    expect(tree()).toEqual(["RunnableSequence CHAIN", ...answerTree, "RunnableSequence CHAIN", ...answerTree]);
    expect(traceCount(recorder.spans())).toBe(2);
  });

  it("is the same tree under streamEvents", async () => {
    const seen: string[] = [];
    const events = chain().streamEvents({ question: "?" }, { version: "v2", callbacks, runName: "answer" });
    for await (const { event } of events) seen.push(event);
    expect(seen).toContain("on_chat_model_stream");
    expect(tree()).toEqual(["answer CHAIN", ...answerTree]);
  });

  it("says in attributes what LangChain says by tags", async () => {
    const map = RunnableParallel.from({ left: named("left", () => 1), right: named("right", () => 2) });
    await map.pipe(named("sum", () => 3)).invoke("x", { callbacks, tags: ["mine"] });
    expect(recorder.span("left").attributes).toMatchObject({ "langchain.map.key": "left", "langchain.tags": ["mine"] });
    expect(recorder.span("sum").attributes["langchain.sequence.step"]).toBe(2);
  });

  it("shows branches, with the condition and the branch that was taken", async () => {
    const branch = RunnableBranch.from<number, unknown>([
      [(x) => x > 5, named("large", () => 1)],
      [(x) => x > 0, named("small", () => 2)],
      named("other", () => 3),
    ]);
    await branch.invoke(1, { callbacks });
    expect(tree()).toEqual([
      "RunnableBranch CHAIN",
      "  RunnableLambda CHAIN",
      "  RunnableLambda CHAIN",
      "  small CHAIN",
    ]);
    expect(recorder.span("small").attributes["langchain.branch.chosen"]).toBe(2);
  });

  it("shows what passes through, and what is assigned on the way", async () => {
    await RunnablePassthrough.assign({ more: named("more", () => 1) }).invoke({ x: 0 }, { callbacks });
    expect(tree()).toEqual(["RunnableMap CHAIN", "  more CHAIN"]);
    expect(outputsOf(recorder.span("RunnableMap"))).toEqual({ more: 1 });
  });

  it("takes custom events as events of the run that sent them", async () => {
    await named("worker", async () => {
      await dispatchCustomEvent("progress", { percent: 50 });
      return "done";
    }).invoke("x", { callbacks });
    const [event] = recorder.span("worker").events;
    expect([event?.name, event?.attributes]).toEqual(["progress", { data: '{"percent":50}' }]);
  });
});

describe("what a runnable's author says of its recording", () => {
  const record = (policy: object) => {
    const [handler] = callbacks;
    const extra = { [Symbol.for("langchain.trace_policy")]: policy };
    handler?.handleChainStart({ id: ["Vault"] }, { pin: 1234 }, "vault", undefined, [], {}, undefined, "vault", extra);
    handler?.handleChainEnd({ money: 10 }, "vault");
    return recorder.span("vault");
  };

  it("is followed", () => {
    const span = record({ processInputs: () => ({ pin: "***" }), processOutputs: () => ({}) });
    expect([inputsOf(span), outputsOf(span)]).toEqual([{ pin: "***" }, {}]);
  });

  it("leaves nothing recorded where it fails", () => {
    const broken = () => {
      throw new Error("no policy");
    };
    const span = record({ processInputs: broken, processOutputs: broken });
    expect([inputsOf(span), outputsOf(span)]).toEqual([{}, {}]);
  });
});

describe("a tool", () => {
  it("that yields before it answers says how often", async () => {
    const count = tool(
      async function* () {
        yield await Promise.resolve("one");
        yield "two";
        return "done";
      },
      { name: "count", description: "counts", schema: z.object({}) },
    );
    await count.invoke({}, { callbacks });
    expect(recorder.span("count").attributes["langchain.tool.events"]).toBe(2);
  });

  it("whose input is text that only looks like JSON has it as it is", () => {
    const [handler] = callbacks;
    handler?.handleToolStart({ id: ["Echo"] }, "[not json", "echo");
    handler?.handleToolEnd("said", "echo");
    expect([inputsOf(recorder.span("Echo")), outputsOf(recorder.span("Echo"))]).toEqual(["[not json", "said"]);
  });
});

describe("a failure", () => {
  it("is on the step that failed and on all above it, with one exception each", async () => {
    const broken = prompt.pipe(model()).pipe(new JsonOutputParser());
    await expect(broken.invoke({ question: "?" }, { callbacks, runName: "answer" })).rejects.toThrow();
    expect(tree()).toEqual([
      "answer CHAIN ERROR",
      "  ChatPromptTemplate CHAIN",
      "  FakeListChatModel CHAT_MODEL",
      "  JsonOutputParser PARSER ERROR",
    ]);
    const exceptions = recorder.spans().map(({ events }) => events.filter(({ name }) => name === "exception").length);
    expect(exceptions.toSorted((left, right) => left - right)).toEqual([0, 0, 1, 1]);
  });

  it("that was retried leaves the attempt failed, with its number, and the rest well", async () => {
    let attempts = 0;
    const flaky = named("flaky", () => {
      if (++attempts < 2) throw new Error("not yet");
      return "done";
    });
    await flaky.withRetry({ stopAfterAttempt: 2, onFailedAttempt: () => undefined }).invoke("x", { callbacks });
    expect(tree().map((line) => line.replace(/\w+ CHAIN/, "CHAIN"))).toEqual(["CHAIN", "  CHAIN ERROR", "  CHAIN"]);
    expect(recorder.spans().map((span) => span.attributes["langchain.retry.attempt"])).toEqual([
      undefined,
      2,
      undefined,
    ]);
  });

  it("that a fallback made good stays on the model that failed", async () => {
    const down = new FakeLLM({ thrownErrorString: "down" });
    await down.withFallbacks({ fallbacks: [new FakeLLM({ response: "up" })] }).invoke("x", { callbacks });
    expect(tree()).toEqual(["RunnableWithFallbacks CHAIN", "  FakeLLM LLM ERROR", "  FakeLLM LLM"]);
    expect(outputsOf(recorder.spans()[1] ?? expect.unreachable())).toEqual({
      choices: [{ index: 0, text: "up", finish_reason: null }],
    });
  });

  it("is none where the caller aborted", async () => {
    const controller = new AbortController();
    const waiting = named("waiting", () => {
      controller.abort();
      return new Promise((resolve) => setTimeout(resolve, 5));
    });
    const call = waiting.pipe(named("never", () => 1)).invoke("x", { callbacks, signal: controller.signal });
    await expect(call).rejects.toThrow(/abort/i);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(tree()).toEqual(["RunnableSequence CHAIN", "  waiting CHAIN"]);
    expect(recorder.span("RunnableSequence").events.map((event) => event.name)).toEqual(["cancelled"]);
  });

  it("of a time limit is one", async () => {
    const slow = named("slow", () => new Promise((resolve) => setTimeout(resolve, 40)));
    await expect(slow.pipe(named("never", () => 1)).invoke("x", { callbacks, timeout: 5 })).rejects.toThrow();
    expect(recorder.span("RunnableSequence").status.code).toBe(2);
  });
});

describe("whose conversation it is", () => {
  it("is read from the metadata, once, on the root", async () => {
    await chain().invoke({ question: "?" }, { callbacks, metadata: { session_id: "s1", user_id: "u1", tenant: 7 } });
    const root = recorder.span("RunnableSequence");
    expect(root.attributes).toMatchObject({ "session.id": "s1", "user.id": "u1" });
    expect(valueOf(root, "langchain.metadata")).toEqual({ session_id: "s1", user_id: "u1", tenant: 7 });
    expect(recorder.span("StrOutputParser").attributes).not.toHaveProperty("session.id");
  });

  it("prefers session_id to thread_id, and takes conversation_id last", async () => {
    const sessionOf = async (metadata: Record<string, unknown>) => {
      recorder = startRecorder();
      await named("run", () => 1).invoke("x", { callbacks, metadata });
      return recorder.span("run").attributes["session.id"];
    };
    expect(await sessionOf({ conversation_id: "c", thread_id: "t", session_id: "s" })).toBe("s");
    expect(await sessionOf({ conversation_id: "c", thread_id: "t" })).toBe("t");
    expect(await sessionOf({ conversation_id: "c" })).toBe("c");
  });
});
