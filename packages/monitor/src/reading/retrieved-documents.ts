import { SpanType, type JsonValue } from "@tracelake/wire";
import type { Trace, TraceSpan } from "@tracelake/workspace-client";
import { isList, isObject, type JsonObject } from "./json-kinds.ts";
import { parsedJson } from "./parsed-json.ts";

/** A document that a retriever returned. */
export interface RetrievedDocument {
  /** Its place among the documents of its retriever, from 0. */
  readonly index: number;
  /** `undefined` where the document has no text under any name that is known. */
  readonly content: string | undefined;
  readonly uri: string | undefined;
}

/** What one retriever returned. */
export interface Retrieval {
  readonly spanId: string;
  /** `undefined` where the retriever's output has no form that is known, so that nobody can say what it found. */
  readonly documents: readonly RetrievedDocument[] | undefined;
}

/** Under what a document has its text: MLflow's name, those of other retrievers, and LangChain.js's own. */
export const contentKeys = ["page_content", "content", "text", "pageContent"];

const isTopLevel = (span: TraceSpan, byId: ReadonlyMap<string, TraceSpan>): boolean => {
  const seen = new Set<string>();
  for (let parentId = span.parentSpanId; parentId !== undefined;) {
    const parent = byId.get(parentId);
    // A parent that has not come could be a retriever, and spans in a circle have no top.
    if (parent === undefined || parent.type === SpanType.RETRIEVER || seen.has(parentId)) return false;
    seen.add(parentId);
    parentId = parent.parentSpanId;
  }
  return true;
};

const documentOf = (value: JsonObject, index: number): RetrievedDocument => {
  const key = contentKeys.find((candidate) => Object.hasOwn(value, candidate));
  const content = key === undefined ? undefined : value[key];
  const metadata = value["metadata"];
  const uri = isObject(metadata) ? metadata["doc_uri"] : undefined;
  return {
    index,
    content: typeof content === "string" ? content : undefined,
    uri: typeof uri === "string" && uri !== "" ? uri : undefined,
  };
};

const isText = (value: JsonValue): value is string => typeof value === "string";

// Beside documents, MLflow passes over whatever else a list holds.
const documentsIn = (list: readonly JsonValue[]): RetrievedDocument[] | undefined => {
  if (list.every(isText)) return list.map((content, index) => ({ index, content, uri: undefined }));
  const documents = list.filter(isObject).map(documentOf);
  return documents.length === 0 ? undefined : documents;
};

// LangChain's tracers and Haystack's retrievers put the list into an object; MLflow parses an output that is JSON text.
const documentsOf = (outputs: JsonValue | undefined): RetrievedDocument[] | undefined => {
  const value = typeof outputs === "string" ? parsedJson(outputs) : outputs;
  const list = isObject(value) ? value["documents"] : value;
  return isList(list) ? documentsIn(list) : undefined;
};

/**
 * What a trace's retrievers returned, in the order of its spans. A retriever below another one is a part of it and not
 * read by itself.
 *
 * @see https://mlflow.org/docs/latest/genai/concepts/span/#retriever-spans
 */
export const retrievalsOf = (trace: Trace): Retrieval[] => {
  const byId = new Map(trace.spans.map((span) => [span.spanId, span]));
  return trace.spans
    .filter((span) => span.type === SpanType.RETRIEVER && isTopLevel(span, byId))
    .map((span) => ({ spanId: span.spanId, documents: documentsOf(span.outputs) }));
};
