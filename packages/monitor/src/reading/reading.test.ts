import { SpanAttributeKey, SpanType, type JsonValue } from "@tracelake/wire";
import { describe, expect, it } from "vitest";
import { makeExpectation, makeRetriever, makeSpan, makeTrace, rootSpanId } from "../../test/make-trace.ts";
import { conversationOf } from "./conversation.ts";
import { expectationsOf } from "./expectations.ts";
import { retrievalsOf } from "./retrieved-documents.ts";
import { availableToolsOf, toolCallsOf } from "./tool-calls.ts";
import { traceText } from "./trace-text.ts";

describe("what retrievers returned", () => {
  it("is read under every name that a document's text has", () => {
    const documents: JsonValue = [
      { page_content: "a", metadata: { doc_uri: "u" } },
      { content: "b" },
      { text: "c" },
      { title: "d" },
      { pageContent: "e", metadata: {} },
    ];
    const retriever = makeRetriever(documents);
    expect(retrievalsOf(makeTrace({ spans: [retriever] }))).toEqual([
      {
        spanId: retriever.spanId,
        documents: [
          { index: 0, content: "a", uri: "u" },
          { index: 1, content: "b", uri: undefined },
          { index: 2, content: "c", uri: undefined },
          { index: 3, content: undefined, uri: undefined },
          { index: 4, content: "e", uri: undefined },
        ],
      },
    ]);
  });

  it("is that of retrievers that are not part of another one", () => {
    const outer = makeRetriever([{ text: "outer" }]);
    const rerank = makeSpan({ parentSpanId: outer.spanId });
    const inner = makeRetriever([{ text: "inner" }], { parentSpanId: rerank.spanId });
    const lost = makeRetriever([{ text: "lost" }], { parentSpanId: "9".repeat(16) });
    const second = makeRetriever([]);
    const read = retrievalsOf(makeTrace({ spans: [outer, rerank, inner, lost, second] }));
    expect(read.map(({ spanId }) => spanId)).toEqual([outer.spanId, second.spanId]);
  });

  it("ends also where spans are each other's parents", () => {
    const a = makeRetriever([], { spanId: "a".repeat(16), parentSpanId: "b".repeat(16) });
    const b = makeSpan({ spanId: "b".repeat(16), parentSpanId: "c".repeat(16) });
    const c = makeSpan({ spanId: "c".repeat(16), parentSpanId: "b".repeat(16) });
    expect(retrievalsOf(makeTrace({ spans: [a, b, c] }))).toEqual([]);
  });

  const read = (outputs: JsonValue | undefined) =>
    retrievalsOf(makeTrace({ spans: [makeRetriever([], { outputs })] })).map(({ documents }) => documents);

  it.each<[JsonValue, string[]]>([
    [
      ["a", "b"],
      ["a", "b"],
    ],
    [{ documents: ["a"] }, ["a"]],
    [{ documents: [{ content: "a" }], scores: [1] }, ["a"]],
    ['[{"page_content": "a"}]', ["a"]],
    ['{"documents": [{"text": "a"}, {"text": "b"}]}', ["a", "b"]],
    [[{ text: "a" }, "beside documents", null], ["a"]],
    [[], []],
    ["[]", []],
    [{ documents: [] }, []],
  ])("is read from %j", (outputs, texts) => {
    expect(read(outputs)).toEqual([texts.map((content, index) => ({ index, content, uri: undefined }))]);
  });

  it.each([
    ["text"],
    [""],
    [{ page_content: "no list" }],
    [{ documents: "none" }],
    [null],
    [undefined],
    [7],
    [["a", 1, ["b"]]],
    [[[{ page_content: "a" }, 0.5]]],
  ])("cannot be said of %j", (outputs) => {
    expect(read(outputs)).toEqual([undefined]);
  });
});

describe("the tools that were called", () => {
  it("stand in the order of their start, with what they threw", () => {
    const late = makeSpan({
      name: "late",
      type: SpanType.TOOL,
      startTimeUnixNano: 20n,
      inputs: { x: 1 },
      outputs: "y",
    });
    const early = makeSpan({
      name: "wrapper",
      type: SpanType.TOOL,
      startTimeUnixNano: 10n,
      inputs: { call: { tool_name: "early" } },
      events: [
        {
          name: "exception",
          timeUnixNano: 11n,
          attributes: { "exception.type": "TypeError", "exception.message": "no" },
        },
      ],
    });
    expect(toolCallsOf(makeTrace({ spans: [late, early] }))).toMatchObject([
      { name: "early", exception: "TypeError: no" },
      { name: "late", arguments: { x: 1 }, outputs: "y", exception: undefined },
    ]);
  });

  it("were offered to the models, each named once", () => {
    const tool = { type: "function", function: { name: "search" } };
    const spans = [
      makeSpan({ type: SpanType.CHAT_MODEL, attributes: { [SpanAttributeKey.CHAT_TOOLS]: [tool] } }),
      makeSpan({ type: SpanType.LLM, inputs: { tools: [tool, { type: "function", function: { name: "buy" } }, "?"] } }),
      makeSpan({ type: SpanType.CHAIN, inputs: { tools: [{ type: "function", function: { name: "not mine" } }] } }),
    ];
    expect(availableToolsOf(makeTrace({ spans }))).toEqual(['{"name": "search"}', '{"name": "buy"}']);
  });
});

describe("what was expected", () => {
  const trace = makeTrace({
    assessments: [
      makeExpectation("expected_facts", ["a"]),
      makeExpectation("guidelines", "b", { source: { type: "LLM_JUDGE", id: "m" } }),
      makeExpectation("old", "c", { isValid: false }),
      makeExpectation("liked", true, { kind: "feedback" }),
    ],
  });

  it("is what people wrote beside the trace", () =>
    expect(expectationsOf({ trace })).toEqual({ expected_facts: ["a"] }));

  it("is the row's own where there is any", () =>
    expect(expectationsOf({ trace, expectations: { x: 1 } })).toEqual({ x: 1 }));

  it("of a session stands beside its first trace", () => {
    const metadata = { "mlflow.trace.session": "s" };
    const first = makeTrace({
      requestTime: new Date(1),
      assessments: [makeExpectation("tone", "kind", { metadata }), makeExpectation("of_the_trace", 1)],
    });
    const second = makeTrace({ requestTime: new Date(2), assessments: [makeExpectation("x", 1, { metadata })] });
    expect(expectationsOf({ session: [second, first] })).toEqual({ tone: "kind" });
  });
});

describe("a conversation", () => {
  const tool = makeSpan({ type: SpanType.TOOL, name: "look_up", inputs: { id: 7 } });
  const session = [
    makeTrace({
      inputs: { messages: [{ role: "user", content: "and then?" }] },
      outputs: "done",
      requestTime: new Date(2),
    }),
    makeTrace({ inputs: "hello", outputs: "  ", requestTime: new Date(1), spans: [tool] }),
  ];

  it("is what was asked and answered, oldest first", () => {
    expect(conversationOf(session)).toEqual([
      { role: "user", content: "hello" },
      { role: "user", content: "and then?" },
      { role: "assistant", content: "done" },
    ]);
  });

  it("shows the tools on request", () => {
    expect(conversationOf(session, { withToolCalls: true })[1]).toEqual({
      role: "tool",
      content: '1. look_up\n   arguments: {"id": 7}',
    });
  });
});

describe("a trace as text", () => {
  it("is the tree of its spans", () => {
    const child = makeSpan({ name: "child", status: "ERROR", statusMessage: "broke", inputs: { a: 1 } });
    const text = traceText(makeTrace({ inputs: "q", spans: [child] }));
    expect(text).toContain("- agent (AGENT, ");
    expect(text).toMatch(/\n {2}- child \(UNKNOWN, [\d.]+ ms, failed: broke\)\n {4}inputs: \{"a": 1\}/);
  });

  it("shows no span that is only the text of another one", () => {
    const child = makeSpan({ name: "a\n- b (TOOL)", status: "ERROR", statusMessage: "broke)\n    outputs: fine" });
    const text = traceText(makeTrace({ spans: [child] }));
    expect(text).toMatch(/\n {2}- a - b \(TOOL\) \(UNKNOWN, [\d.]+ ms, failed: broke\) {5}outputs: fine\)$/);
  });

  it("has each of spans that are each other's parents", () => {
    const spans = [
      makeSpan({ name: "first", spanId: "a".repeat(16), parentSpanId: "b".repeat(16) }),
      makeSpan({ name: "second", spanId: "b".repeat(16), parentSpanId: "a".repeat(16) }),
    ];
    expect(traceText(makeTrace({ spans }))).toMatch(/\n- first [^\n]+\n {2}- second /);
  });

  it("may be as deep as the trace", () => {
    const spans = Array.from({ length: 20_000 }, (_, level) =>
      makeSpan({ name: `step ${level}`, spanId: `s${level}`, parentSpanId: `s${level - 1}`, outputs: "x" }),
    );
    const text = traceText(makeTrace({ spans }));
    expect(text).toContain("- step 100 ");
    expect(text.length).toBe(120_000);
  });

  it("is whole where it fits", () => {
    const outputs = "x".repeat(50_000);
    expect(traceText(makeTrace({ spans: [makeSpan({ parentSpanId: rootSpanId, outputs })] }))).toContain(outputs);
  });

  it("is shortened where values are huge", () => {
    const spans = Array.from({ length: 40 }, () => makeSpan({ parentSpanId: rootSpanId, outputs: "x".repeat(50_000) }));
    expect(traceText(makeTrace({ spans })).length).toBeLessThanOrEqual(120_000);
  });
});
