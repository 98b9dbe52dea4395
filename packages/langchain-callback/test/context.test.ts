import { context, trace as otelTrace } from "@opentelemetry/api";
import { AIMessage, HumanMessage } from "@langchain/core/messages";
import { ChatPromptTemplate } from "@langchain/core/prompts";
import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { BaseRetriever } from "@langchain/core/retrievers";
import type { Document } from "@langchain/core/documents";
import { RunnableLambda } from "@langchain/core/runnables";
import { tool } from "@langchain/core/tools";
import { Annotation, END, START, StateGraph } from "@langchain/langgraph";
import { TracelakeCallbackHandler } from "@tracelake/langchain-callback";
import { disableTracing, enableTracing, startSpan, withSpan } from "@tracelake/tracing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { startRecorder } from "../../../test/support/span-recorder.ts";
import { traceCount, treeOf } from "./span-tree.ts";

let recorder: ReturnType<typeof startRecorder>;
beforeEach(() => {
  recorder = startRecorder();
});

const callbacks = [new TracelakeCallbackHandler()];
const tree = () => treeOf(recorder.spans());
const within = (name: string) => startSpan({ name, spanType: "UNKNOWN" }).end();

/** A model that does something of its own for each call, as a provider's client does. */
class WorkingModel extends BaseChatModel {
  override _llmType(): string {
    return "working";
  }
  override async _generate(messages: HumanMessage[]) {
    await Promise.resolve();
    within(`request ${messages.at(-1)?.text}`);
    return { generations: [{ text: "ok", message: new AIMessage("ok") }] };
  }
}

class WorkingRetriever extends BaseRetriever {
  lc_namespace = ["test"];
  override async _getRelevantDocuments(query: string): Promise<Document[]> {
    await Promise.resolve();
    within(`search ${query}`);
    return [];
  }
}

const chain = () => ChatPromptTemplate.fromMessages([["human", "{q}"]]).pipe(new WorkingModel({}));

describe("what a run does", () => {
  it("nests in it: in models, retrievers, functions and tools", async () => {
    const act = tool(() => within("acting"), { name: "act", description: "", schema: z.object({}) });
    const step = RunnableLambda.from(async (q: string, config) => {
      within("thinking");
      await act.invoke({}, config);
      return q;
    });
    await step.pipe(new WorkingRetriever()).invoke("lakes", { callbacks });
    await chain().invoke({ q: "hi" }, { callbacks });
    expect(tree()).toEqual([
      "RunnableSequence CHAIN",
      "  RunnableLambda CHAIN",
      "    thinking UNKNOWN",
      "    act TOOL",
      "      acting UNKNOWN",
      "  WorkingRetriever RETRIEVER",
      "    search lakes UNKNOWN",
      "RunnableSequence CHAIN",
      "  ChatPromptTemplate CHAIN",
      "  WorkingModel CHAT_MODEL",
      "    request hi UNKNOWN",
    ]);
  });

  it("nests in the right one where several run at once", async () => {
    await Promise.all(["1", "2", "3"].map((q) => chain().invoke({ q }, { callbacks })));
    await chain().batch([{ q: "4" }, { q: "5" }], { callbacks });
    const nameOf = new Map(recorder.spans().map((span) => [span.spanContext().spanId, span.name]));
    const requests = recorder.spans().filter((span) => span.name.startsWith("request"));
    expect(requests.map((span) => nameOf.get(span.parentSpanContext?.spanId ?? ""))).toEqual(
      Array.from({ length: 5 }, () => "WorkingModel"),
    );
    expect(traceCount(recorder.spans())).toBe(5);
  });

  it("nests in graph nodes, branches that run at once included", async () => {
    const State = Annotation.Root({ x: Annotation<number>() });
    const node = (name: string) => async () => {
      await Promise.resolve();
      within(`in ${name}`);
      return {};
    };
    const graph = new StateGraph(State)
      .addNode("a", node("a"))
      .addNode("b", node("b"))
      .addEdge(START, "a")
      .addEdge(START, "b")
      .addEdge("a", END)
      .addEdge("b", END)
      .compile();
    await graph.invoke({ x: 1 }, { callbacks });
    expect(tree()).toEqual(["LangGraph CHAIN", "  a CHAIN", "    in a UNKNOWN", "  b CHAIN", "    in b UNKNOWN"]);
  });

  it("nests in a function whose chain is streamed", async () => {
    const step = RunnableLambda.from(async (q: string) => {
      within("thinking");
      return { q };
    });
    for await (const chunk of await step.pipe(chain()).stream("hi", { callbacks })) expect(chunk).toBeDefined();
    expect(tree()).toEqual([
      "RunnableSequence CHAIN",
      "  RunnableLambda CHAIN",
      "    thinking UNKNOWN",
      "  RunnableSequence CHAIN",
      "    ChatPromptTemplate CHAIN",
      "    WorkingModel CHAT_MODEL",
      "      request hi UNKNOWN",
    ]);
  });
});

describe("a run without a parent", () => {
  it("belongs to the span that is active where it is called", async () => {
    await withSpan({ name: "request" }, () => chain().invoke({ q: "hi" }, { callbacks }));
    expect(tree()[1]).toBe("  RunnableSequence CHAIN");
    expect(traceCount(recorder.spans())).toBe(1);
  });

  it("does not belong to a neighbour that began in the same turn", async () => {
    const model = new WorkingModel({});
    await model.generate([[new HumanMessage("1")], [new HumanMessage("2")]], undefined, callbacks);
    const models = recorder.spans().filter((span) => span.name === "WorkingModel");
    expect(models.map((span) => span.parentSpanContext)).toEqual([undefined, undefined]);
  });

  it("does not belong to a model that has answered", async () => {
    const model = new WorkingModel({});
    await model.invoke("1", { callbacks });
    await model.invoke("2", { callbacks });
    await Promise.all([model.invoke("3", { callbacks }), model.invoke("4", { callbacks })]);
    expect(traceCount(recorder.spans())).toBe(4);
  });
});

describe("the caller's own context", () => {
  it("is the same before, during and after a call", async () => {
    await withSpan({ name: "request" }, async () => {
      const here = otelTrace.getSpan(context.active());
      const stays = () => expect(otelTrace.getSpan(context.active())).toBe(here);
      const call = chain().invoke({ q: "hi" }, { callbacks });
      stays();
      await call;
      stays();
      const retrieval = new WorkingRetriever().invoke("q", { callbacks });
      stays();
      await retrieval;
      stays();
      for await (const chunk of await chain().stream({ q: "hi" }, { callbacks })) {
        expect(chunk).toBeDefined();
        stays();
      }
      stays();
    });
  });
});

describe("a run that is not recorded", () => {
  const foreign = otelTrace.wrapSpanContext({ traceId: "a".repeat(32), spanId: "b".repeat(16), traceFlags: 1 });
  const activeIds = async () => {
    const seen: unknown[] = [];
    const note = () => void seen.push(otelTrace.getActiveSpan()?.spanContext().spanId);
    const look = RunnableLambda.from((q: unknown) => (note(), String(q)));
    class LookingModel extends WorkingModel {
      override async _generate(messages: HumanMessage[]) {
        note();
        return super._generate(messages);
      }
    }
    await context.with(otelTrace.setSpan(context.active(), foreign), () =>
      look.pipe(new LookingModel({})).pipe(look).invoke("hi", { callbacks }),
    );
    return seen;
  };
  afterEach(() => enableTracing());

  it("does not take the place of another's span, and records nothing of what it calls", async () => {
    disableTracing();
    expect(await activeIds()).toEqual(Array.from({ length: 3 }, () => foreign.spanContext().spanId));
    expect(recorder.spans()).toEqual([]);
  });

  it("leaves the next one recorded", async () => {
    disableTracing();
    await activeIds();
    enableTracing();
    expect(new Set(await activeIds())).not.toContain(foreign.spanContext().spanId);
    expect(tree()).toContain("    request hi UNKNOWN");
  });
});
