import { SpanType, type JsonValue } from "@tracelake/wire";
import type { Trace, TraceSpan } from "@tracelake/workspace-client";
import { isList, isObject, type JsonObject } from "./json-kinds.ts";

/** A document that a retriever returned. */
export interface RetrievedDocument {
  /** Its place among the documents of its retriever, from 0. */
  readonly index: number;
  /** `undefined` where the document has no text under any name that MLflow knows. */
  readonly content: string | undefined;
  readonly uri: string | undefined;
}

/** What one retriever returned. */
export interface Retrieval {
  readonly spanId: string;
  readonly documents: readonly RetrievedDocument[];
}

const contentKeys = ["page_content", "content", "text"];

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

const documentsOf = (outputs: JsonValue | undefined): RetrievedDocument[] =>
  (isList(outputs) ? outputs : []).filter(isObject).map(documentOf);

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
