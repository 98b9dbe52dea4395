import { StringOutputParser } from "@langchain/core/output_parsers";
import { ChatPromptTemplate } from "@langchain/core/prompts";
import { RunnableLambda } from "@langchain/core/runnables";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import { TracelakeCallbackHandler } from "@tracelake/langchain-callback";
import { beforeEach, describe, expect, it } from "vitest";
import { collectGarbageUntil } from "../../../test/support/collect-garbage.ts";
import { startRecorder } from "../../../test/support/span-recorder.ts";
import { countOpenRuns, findRun } from "../src/run-registry.ts";
import { outputsOf, treeOf } from "./span-tree.ts";

let recorder: ReturnType<typeof startRecorder>;
beforeEach(() => {
  recorder = startRecorder();
});

const callbacks = [new TracelakeCallbackHandler()];
const model = () => new FakeListChatModel({ responses: ["A lake holds rivers."] });
const chain = () =>
  ChatPromptTemplate.fromMessages([["human", "{q}"]])
    .pipe(model())
    .pipe(new StringOutputParser());
const leftEarly = (name: string) => recorder.span(name).attributes["tracelake.stream.left_early"];

describe("what a model says, until it has said it all", () => {
  const say = (tokens: number): void => {
    const [handler] = callbacks;
    handler?.handleLLMStart({ id: ["Model"] }, ["?"], "talking");
    for (let n = 0; n < tokens; n++) handler?.handleLLMNewToken("lake ", {}, "talking");
  };
  const fail = () => callbacks[0]?.handleLLMError(new Error("gone"), "talking");

  it("is kept as far as it may be recorded, and what was not is counted", () => {
    recorder = startRecorder({ maxValueBytes: 2000 });
    say(10_000);
    expect(findRun("talking")?.text?.length).toBeLessThan(2000);
    fail();
    const lost = Number(recorder.span("Model").attributes["tracelake.stream.lost_bytes"]);
    expect(lost).toBeGreaterThan(40_000);
    expect(JSON.stringify(outputsOf(recorder.span("Model")))).toContain("lake lake");
  });

  it("is not kept where content is off, and when it began is noted all the same", () => {
    recorder = startRecorder({ content: false });
    say(3);
    expect(findRun("talking")?.text).toBe("");
    fail();
    expect(recorder.span("Model").events[0]?.name).toBe("first_token");
    expect(recorder.span("Model").attributes).not.toHaveProperty(["tracelake.stream.lost_bytes"]);
  });
});

describe("a stream that is left", () => {
  it("ends all that is open in it, well, with what was said until then", async () => {
    let read = "";
    for await (const chunk of await chain().stream({ q: "?" }, { callbacks, runName: "answer" })) {
      read += chunk;
      if (read.length > 5) break;
    }
    expect(treeOf(recorder.spans())).toEqual([
      "answer CHAIN",
      "  ChatPromptTemplate CHAIN",
      "  FakeListChatModel CHAT_MODEL",
      "  StrOutputParser PARSER",
    ]);
    expect([leftEarly("answer"), leftEarly("FakeListChatModel"), leftEarly("ChatPromptTemplate")]).toEqual([
      true,
      true,
      undefined,
    ]);
    const outputs = outputsOf(recorder.span("FakeListChatModel"));
    expect(outputs).toMatchObject({ choices: [{ message: { role: "assistant" }, finish_reason: null }] });
    expect(JSON.stringify(outputs)).toContain(read.slice(0, -1));
    expect(String(outputsOf(recorder.span("answer")))).toContain(read.slice(0, -1));
    expect(countOpenRuns()).toBe(0);
  });

  it("ends when its reader cancels it", async () => {
    const stream = await model().stream("?", { callbacks });
    await stream.cancel();
    expect([treeOf(recorder.spans()), leftEarly("FakeListChatModel")]).toEqual([
      ["FakeListChatModel CHAT_MODEL"],
      true,
    ]);
  });

  it("inside a step ends when the step leaves it", async () => {
    const step = RunnableLambda.from(async (_: string, config) => {
      for await (const chunk of await model().stream("?", config)) return chunk.content;
      return "";
    });
    await step.invoke("x", { callbacks });
    expect(treeOf(recorder.spans())).toEqual(["RunnableLambda CHAIN", "  FakeListChatModel CHAT_MODEL"]);
    expect(countOpenRuns()).toBe(0);
  });

  it("ends some time after it was dropped without being left", { timeout: 60_000 }, async () => {
    const drop = async () => void (await (await model().stream("?", { callbacks })).next());
    await drop();
    expect(countOpenRuns()).toBe(1);
    await collectGarbageUntil(() => countOpenRuns() === 0);
    expect(treeOf(recorder.spans())).toEqual(["FakeListChatModel CHAT_MODEL"]);
    expect(leftEarly("FakeListChatModel")).toBe(true);
  });

  it("does not end before its time, however often garbage is collected", async () => {
    const stream = await chain().stream({ q: "?" }, { callbacks, runName: "answer" });
    let read = "";
    for await (const chunk of stream) {
      read += chunk;
      let rounds = 0;
      if (read.length === 3) await collectGarbageUntil(() => ++rounds > 20);
    }
    expect(leftEarly("answer")).toBe(undefined);
    expect(outputsOf(recorder.span("StrOutputParser"))).toBe("A lake holds rivers.");
  });

  it("leaves no entry behind, of 10,000", { timeout: 120_000 }, async () => {
    startRecorder();
    const stream = model();
    for (let run = 0; run < 10_000; run++) {
      const iterator = await stream.stream("?", { callbacks });
      await iterator.next();
      if (run % 2 === 0) await iterator.return();
      if (run % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await collectGarbageUntil(() => countOpenRuns() === 0);
    expect(countOpenRuns()).toBe(0);
  });
});
