import { Document } from "@langchain/core/documents";
import { Embeddings } from "@langchain/core/embeddings";
import { BaseRetriever } from "@langchain/core/retrievers";
import { BaseDocumentCompressor } from "@langchain/core/retrievers/document_compressors";
import { tool } from "@langchain/core/tools";
import { FakeRetriever } from "@langchain/core/utils/testing";
import { VectorStore } from "@langchain/core/vectorstores";
import { autolog, TracelakeCallbackHandler, unautolog } from "@tracelake/langchain-callback";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { startRecorder } from "../../../test/support/span-recorder.ts";
import { inputsOf, outputsOf, treeOf } from "./span-tree.ts";

let recorder: ReturnType<typeof startRecorder>;
beforeEach(() => {
  recorder = startRecorder();
});
afterEach(unautolog);

const tree = () => treeOf(recorder.spans());
const lake = new Document({ pageContent: "A lake holds rivers.", metadata: { source: "lake.md" }, id: "lake" });
const river = new Document({ pageContent: "A river flows.", metadata: { chunk_id: 7 } });
const recorded = [
  { page_content: "A lake holds rivers.", metadata: { source: "lake.md" }, id: "lake" },
  { page_content: "A river flows.", metadata: { chunk_id: 7 }, id: "7" },
];

class CountingEmbeddings extends Embeddings {
  override async embedQuery(text: string): Promise<number[]> {
    return [text.length, 1];
  }
  override async embedDocuments(texts: string[]): Promise<number[][]> {
    return Promise.all(texts.map((text) => this.embedQuery(text)));
  }
}

class Shelf extends VectorStore {
  override _vectorstoreType(): string {
    return "shelf";
  }
  override async addVectors(): Promise<void> {}
  override async addDocuments(): Promise<void> {}
  override async similaritySearchVectorWithScore(): Promise<[Document, number][]> {
    return [
      [lake, 0.9],
      [river, 0.5],
    ];
  }
}

class FirstOnly extends BaseDocumentCompressor {
  override async compressDocuments(documents: Document[], _query: string): Promise<Document[]> {
    return documents.slice(0, 1);
  }
}

class Compressing extends BaseRetriever {
  lc_namespace = ["test"];
  baseCompressor = new FirstOnly();
  override async _getRelevantDocuments(query: string): Promise<Document[]> {
    return this.baseCompressor.compressDocuments([lake, river], query);
  }
}

describe("a retriever", () => {
  it("is a RETRIEVER with its documents in the shape that scorers read", async () => {
    const callbacks = [new TracelakeCallbackHandler()];
    await new FakeRetriever({ output: [lake, river] }).invoke("what?", { callbacks });
    expect(tree()).toEqual(["FakeRetriever RETRIEVER"]);
    expect(inputsOf(recorder.span("FakeRetriever"))).toEqual({ query: "what?" });
    expect(outputsOf(recorder.span("FakeRetriever"))).toEqual(recorded);
  });

  it("that finds nothing has an empty list", async () => {
    await new FakeRetriever({ output: [] }).invoke("?", { callbacks: [new TracelakeCallbackHandler()] });
    expect(outputsOf(recorder.span("FakeRetriever"))).toEqual([]);
  });
});

describe("a tool that returns documents", () => {
  const schema = z.object({ query: z.string() });
  const fields = { name: "search", description: "searches", schema };
  const callbacks = [new TracelakeCallbackHandler()];
  const call = { type: "tool_call" as const, id: "call_1", name: "search", args: { query: "lakes" } };

  it("has a RETRIEVER below it, where it hands them on as an artifact", async () => {
    const search = tool(() => ["two found", [lake, river]], { ...fields, responseFormat: "content_and_artifact" });
    await search.invoke(call, { callbacks });
    expect(recorder.spans().map((span) => `${span.name} ${String(span.attributes["mlflow.spanType"])}`)).toEqual([
      "search RETRIEVER",
      "search TOOL",
    ]);
    const [retrieval, run] = recorder.spans();
    expect(retrieval?.parentSpanContext?.spanId).toBe(run?.spanContext().spanId);
    expect(inputsOf(retrieval ?? expect.unreachable())).toEqual({ query: "lakes" });
    expect(outputsOf(retrieval ?? expect.unreachable())).toEqual(recorded);
    expect(outputsOf(run ?? expect.unreachable())).toEqual({
      content: "two found",
      status: "success",
      tool_call_id: "call_1",
    });
  });

  it("has one where it returns them as they are", async () => {
    await tool(() => [lake], fields).invoke({ query: "lakes" }, { callbacks });
    expect(tree()).toEqual(["search TOOL", "  search RETRIEVER"]);
  });

  it("has only the retriever's own where it calls one", async () => {
    const retriever = new FakeRetriever({ output: [lake] });
    const search = tool(async ({ query }, config) => ["one found", await retriever.invoke(query, config)], {
      ...fields,
      responseFormat: "content_and_artifact",
    });
    await search.invoke(call, { callbacks });
    expect(tree()).toEqual(["search TOOL", "  FakeRetriever RETRIEVER"]);
  });
});

describe("with autolog, what has no callbacks", () => {
  it("is recorded: a search of a store, and the embedding of its query", async () => {
    autolog();
    const shelf = new Shelf(new CountingEmbeddings({}), {});
    const found = await shelf.similaritySearch("what?", 2);
    expect(found).toEqual([lake, river]);
    expect(tree()).toEqual(["Shelf RETRIEVER", "  CountingEmbeddings EMBEDDING"]);
    expect(inputsOf(recorder.span("Shelf"))).toEqual({ query: "what?", k: 2 });
    expect(outputsOf(recorder.span("Shelf"))).toEqual(recorded);
    expect(outputsOf(recorder.span("CountingEmbeddings"))).toEqual({ count: 1, dimension: 2 });
  });

  it("is recorded with scores, where they are asked for", async () => {
    autolog();
    await new Shelf(new CountingEmbeddings({}), {}).similaritySearchWithScore("what?", 2);
    expect(outputsOf(recorder.span("Shelf"))).toMatchObject([
      { metadata: { score: 0.9 } },
      { metadata: { score: 0.5 } },
    ]);
  });

  it("is no second retrieval where a retriever asks its store", async () => {
    autolog();
    await new Shelf(new CountingEmbeddings({}), {}).asRetriever().invoke("what?");
    expect(tree()).toEqual(["VectorStoreRetriever RETRIEVER", "  CountingEmbeddings EMBEDDING"]);
  });

  it("is recorded of classes that are named, whose methods call one another, once", async () => {
    autolog({ classes: [CountingEmbeddings] });
    await new CountingEmbeddings({}).embedDocuments(["a", "bc"]);
    expect(tree()).toEqual(["CountingEmbeddings EMBEDDING"]);
    expect(outputsOf(recorder.span("CountingEmbeddings"))).toEqual({ count: 2, dimension: 2 });
  });

  it("is recorded of rerankers that a retriever holds", async () => {
    autolog();
    await new Compressing().invoke("what?");
    expect(tree()).toEqual(["Compressing RETRIEVER", "  FirstOnly RERANKER"]);
    expect(inputsOf(recorder.span("FirstOnly"))).toEqual({ query: "what?", documents: recorded });
    expect(outputsOf(recorder.span("FirstOnly"))).toEqual([recorded[0]]);
  });

  it("fails as it fails, and is recorded as failed", async () => {
    autolog();
    class Broken extends CountingEmbeddings {
      override async embedQuery(): Promise<number[]> {
        throw new Error("no vectors today");
      }
    }
    await expect(new Shelf(new Broken({}), {}).similaritySearch("?")).rejects.toThrow("no vectors today");
    expect(tree()).toEqual(["Shelf RETRIEVER ERROR", "  Broken EMBEDDING ERROR"]);
  });
});
