import { SpanType } from "@tracelake/uc-exporter";
import { documentsIn, isDocument, toDocument } from "./documents.ts";
import { isRecord } from "./json-record.ts";

/** A method of LangChain's classes that has no callbacks, and how it is recorded. */
export interface ClassSurface {
  readonly method: string;
  /** A method that the same class has as well, so that others' methods of this name are left alone. */
  readonly beside: string;
  readonly spanType: SpanType;
  readonly readInputs: (args: readonly unknown[]) => unknown;
  readonly readOutputs: (result: unknown) => unknown;
}

const lengthOf = (value: unknown): number => (Array.isArray(value) ? value.length : 0);

const search = ([query, k, filter]: readonly unknown[]): unknown => ({
  query,
  ...(typeof k === "number" ? { k } : {}),
  ...(filter === undefined || typeof filter === "function" ? {} : { filter }),
});

const toDocuments = (result: unknown): unknown => documentsIn(result) ?? result;

// Pairs of a document and its score. The score joins the metadata, where readers of documents look.
const toScoredDocuments = (result: unknown): unknown =>
  Array.isArray(result)
    ? result.map((pair: unknown) => {
        const [document, score]: readonly unknown[] = Array.isArray(pair) ? pair : [pair];
        if (!isDocument(document)) return pair;
        const { metadata, ...rest } = toDocument(document);
        return { ...rest, metadata: { ...(isRecord(metadata) ? metadata : {}), score } };
      })
    : result;

// Vectors are left out: nobody reads them, and they outweigh all else.
const toDimensions = (result: unknown): unknown => {
  const vectors: readonly unknown[] = Array.isArray(result) && Array.isArray(result[0]) ? result : [result];
  return { count: lengthOf(result) === 0 ? 0 : vectors.length, dimension: lengthOf(vectors[0]) };
};

const rerank = ([documents, query]: readonly unknown[]): unknown => ({ query, documents: toDocuments(documents) });

/** Everything of this sort that is recorded: a surface more is a row more. */
export const classSurfaces: readonly ClassSurface[] = [
  {
    method: "similaritySearch",
    beside: "asRetriever",
    spanType: SpanType.RETRIEVER,
    readInputs: search,
    readOutputs: toDocuments,
  },
  {
    method: "similaritySearchWithScore",
    beside: "asRetriever",
    spanType: SpanType.RETRIEVER,
    readInputs: search,
    readOutputs: toScoredDocuments,
  },
  {
    method: "maxMarginalRelevanceSearch",
    beside: "asRetriever",
    spanType: SpanType.RETRIEVER,
    readInputs: ([query, options]) => ({ query, ...(isRecord(options) ? { k: options["k"] } : {}) }),
    readOutputs: toDocuments,
  },
  {
    method: "embedQuery",
    beside: "embedDocuments",
    spanType: SpanType.EMBEDDING,
    readInputs: ([text]) => ({ text }),
    readOutputs: toDimensions,
  },
  {
    method: "embedDocuments",
    beside: "embedQuery",
    spanType: SpanType.EMBEDDING,
    readInputs: ([texts]) => ({ texts }),
    readOutputs: toDimensions,
  },
  {
    method: "compressDocuments",
    beside: "compressDocuments",
    spanType: SpanType.RERANKER,
    readInputs: rerank,
    readOutputs: toDocuments,
  },
];
