import { CallbackManager } from "@langchain/core/callbacks/manager";
import { Tool } from "@langchain/core/tools";
import { Runnable, RunnableLambda, RunnableSequence } from "@langchain/core/runnables";
import { AsyncLocalStorageProviderSingleton } from "@langchain/core/singletons";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import { VectorStore } from "@langchain/core/vectorstores";
import { autolog, TracelakeCallbackHandler, unautolog } from "@tracelake/langchain-callback";
import { startSpan } from "@tracelake/tracing";
import { createRequire } from "node:module";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { describeAutolog } from "../../../test/support/describe-autolog.ts";
import { startRecorder } from "../../../test/support/span-recorder.ts";
import { outputsOf, treeOf } from "./span-tree.ts";

const echo = RunnableLambda.from((question: unknown) => ({ answer: question }));
const broken = RunnableLambda.from((question: unknown) => {
  throw new Error(`nobody knows ${String(question)}`);
});
const telling = RunnableLambda.from(async function* () {
  for (const word of ["A ", "lake ", "holds ", "many ", "rivers."]) yield await Promise.resolve(word);
});
const model = () => new FakeListChatModel({ responses: ["A lake holds many rivers."] });

type Runnables = { readonly RunnableLambda: typeof RunnableLambda };

const methodsOf = (owner: object, ...names: readonly string[]): unknown[] =>
  names.map((name): unknown => Object.getOwnPropertyDescriptor(owner, name)?.value);

describeAutolog({
  name: "langchain",
  autolog,
  unautolog,
  patchedFunctions: () => [
    ...methodsOf(CallbackManager, "_configureSync"),
    ...methodsOf(Runnable.prototype, "stream"),
    ...methodsOf(Object.getPrototypeOf(AsyncLocalStorageProviderSingleton) as object, "runWithConfig"),
    ...methodsOf(VectorStore.prototype, "similaritySearch", "similaritySearchWithScore", "asRetriever"),
  ],
  succeed: async () => echo.invoke("What holds rivers?"),
  secret: "rivers",
  fail: async () => broken.invoke("what holds rivers"),
  stream: async () => telling.stream("What?"),
  // Inside something: LangChain itself looks at an input as soon as there is any handler, and fails with a revoked proxy.
  callWith: async (argument) => echo.invoke({ argument }),
});

describe("autolog of langchain", () => {
  let recorder: ReturnType<typeof startRecorder>;
  beforeEach(() => {
    recorder = startRecorder();
  });
  afterEach(unautolog);
  const tree = () => treeOf(recorder.spans());

  it("notes what a model says once, also where the model has a handler of ours", async () => {
    autolog();
    const callbacks = [new TracelakeCallbackHandler()];
    const stream = await new FakeListChatModel({ responses: ["Lakes."], callbacks }).stream("?");
    let read = "";
    for await (const chunk of stream) {
      read += chunk.text;
      if (read.length > 3) break;
    }
    const span = recorder.span("FakeListChatModel");
    expect(JSON.stringify(outputsOf(span))).toContain('"content":"Lak"');
    expect(span.events.map(({ name }) => name)).toEqual(["first_token"]);
  });

  it("patches the method that makes streams where it stands, and not on every class that inherits it", () => {
    autolog();
    expect([Runnable, RunnableSequence].map(({ prototype }) => Object.hasOwn(prototype, "stream"))).toEqual([
      true,
      false,
    ]);
  });

  it("records both builds of LangChain, each run once", async () => {
    const commonJs = createRequire(import.meta.url)("@langchain/core/runnables") as Runnables;
    expect(commonJs.RunnableLambda).not.toBe(RunnableLambda);
    autolog();
    const inner = RunnableLambda.from(() => 1).withConfig({ runName: "inner" });
    const outer = commonJs.RunnableLambda.from(async (_: string, config) => inner.invoke("x", config));
    await outer.invoke("x", { runName: "outer" });
    expect(tree()).toEqual(["outer CHAIN", "  inner CHAIN"]);
  });

  it("leaves a call with a handler of its own to that handler", async () => {
    autolog();
    await echo.invoke("x", { callbacks: [new TracelakeCallbackHandler()] });
    expect(tree()).toEqual(["RunnableLambda CHAIN"]);
  });

  it("leaves the application's handlers as they are, and tells them everything", async () => {
    const told: string[] = [];
    const own = {
      name: "own",
      awaitHandlers: true,
      handleChainStart: () => void told.push("chain start"),
      handleChatModelStart: () => void told.push("model start"),
      handleLLMEnd: () => void told.push("model end"),
      handleChainEnd: () => void told.push("chain end"),
    };
    const callbacks = [own];
    autolog();
    const step = RunnableLambda.from(async (question: string, config) => (await model().invoke(question, config)).text);
    await step.invoke("x", { callbacks });
    expect(callbacks).toEqual([own]);
    expect(told).toEqual(["chain start", "model start", "model end", "chain end"]);
    const manager = new CallbackManager();
    await step.invoke("x", { callbacks: manager });
    expect(manager.handlers).toEqual([]);
    expect(tree()).toHaveLength(4);
  });

  it.each([
    [
      "copies no handlers into it",
      class extends CallbackManager {
        override copy(more?: never[], inherit?: boolean): CallbackManager {
          if (more !== undefined && more.length > 0) throw new Error("no other handlers");
          return super.copy(more, inherit);
        }
      },
    ],
    [
      "tells no parent",
      class extends CallbackManager {
        override getParentRunId(): never {
          throw new Error("nobody's business");
        }
        override copy(...args: Parameters<CallbackManager["copy"]>): CallbackManager {
          return new CallbackManager().copy(...args);
        }
      },
    ],
  ])("makes the call all the same where a manager of the application's %s", async (_, Manager) => {
    const ask = async () => RunnableSequence.from([echo, echo]).invoke("x", { callbacks: new Manager() });
    const plain = await ask();
    autolog();
    expect(await ask()).toEqual(plain);
    AsyncLocalStorageProviderSingleton.runWithConfig({ callbacks: new Manager() }, () => undefined, true);
  });

  it("calls a tool all the same whose name cannot be read", async () => {
    class Nameless extends Tool {
      override name = "nameless";
      override description = "acts";
      override async _call(): Promise<string> {
        return "done";
      }
    }
    const reads = { left: 0 };
    const act = new Nameless();
    autolog();
    Object.defineProperty(act, "name", {
      get: () => {
        if (reads.left-- > 0) throw new Error("no name yet");
        return "nameless";
      },
    });
    reads.left = 1;
    expect(await act.call("x")).toBe("done");
  });

  it("reads session and user from settings that LangChain hides from handlers", async () => {
    autolog();
    await echo.invoke("x", { configurable: { thread_id: "t1", user_id: "u1" } });
    expect(recorder.spans()[0]?.attributes).toMatchObject({ "session.id": "t1", "user.id": "u1" });
  });

  it("records again what a second autolog() names", async () => {
    autolog({ internalRuns: "drop" });
    autolog({ classes: [] });
    await echo.invoke("x");
    expect(autolog.status()).toMatchObject({ isInstalled: true, seen: { chain: 1 } });
    expect(autolog.status().patched.join()).toContain("@langchain/core@1.");
  });

  it("makes the span of a tool that is a class of its own the active one", async () => {
    class Acting extends Tool {
      override name = "act";
      override description = "acts";
      override async _call(): Promise<string> {
        startSpan({ name: "acting" }).end();
        return "done";
      }
    }
    autolog();
    await Promise.all([new Acting().invoke("x"), new Acting().invoke("y")]);
    expect(tree()).toEqual(["act TOOL", "  acting UNKNOWN", "act TOOL", "  acting UNKNOWN"]);
  });
});
