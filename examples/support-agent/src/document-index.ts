import { readdirSync, readFileSync } from "node:fs";
import type OpenAI from "openai";
import { SpanType, trace } from "@tracelake/uc-exporter";

/** A retrieved document, in the shape that MLflow shows as a document in a trace. */
export interface RetrievedDocument {
  page_content: string;
  metadata: { doc_uri: string; title: string; score: number };
  id: string;
}

interface IndexedDocument {
  id: string;
  title: string;
  text: string;
  words: string[];
  vector: number[] | undefined;
}

export interface DocumentIndexOptions {
  client: OpenAI;
  /** Leave it out for an endpoint without embeddings: the search then goes by words alone. */
  embeddingModel: string | undefined;
}

const folder = new URL("../documents/", import.meta.url);

// The usual constants of BM25 (https://en.wikipedia.org/wiki/Okapi_BM25) and of reciprocal rank fusion
// (https://doi.org/10.1145/1571941.1572114).
const termSaturation = 1.2;
const lengthNormalisation = 0.75;
const rankOffset = 60;

const fillers = new Set(
  "about and any are been but can could did does for from had has have here how its not now please should that the them \
then they this was what when will with would you your".split(" "),
);

/** Reads `documents/*.md` and returns the function that searches them. */
export async function createDocumentSearch({ client, embeddingModel }: DocumentIndexOptions) {
  const files = readdirSync(folder).filter((name) => name.endsWith(".md"));
  const texts = files.toSorted().map((name) => ({
    id: name.replace(/\.md$/, ""),
    text: readFileSync(new URL(name, folder), "utf8").trim(),
  }));

  const embed = async (input: string[]) => {
    if (!embeddingModel) return [];
    const response = await client.embeddings.create({ model: embeddingModel, input });
    return response.data.map(({ embedding }) => embedding);
  };

  const vectors = await embed(texts.map(({ text }) => text));
  const documents = texts.map(({ id, text }, i): IndexedDocument => {
    const [heading = id, ...body] = text.split("\n");
    return {
      id,
      title: heading.replace(/^# /, ""),
      text: body.join(" ").trim(),
      words: wordsOf(text),
      vector: vectors[i],
    };
  });

  return trace(
    async function searchDocuments(query: string, limit: number): Promise<RetrievedDocument[]> {
      const [queryVector] = await embed([query]);
      const byWords = rank(documents, bm25(documents, wordsOf(query)));
      const byMeaning = rank(documents, (document) => cosine(document.vector, queryVector));
      const score = ({ id }: IndexedDocument) =>
        1 / (rankOffset + (byWords.get(id) ?? 0)) + 0.2 / (rankOffset + (byMeaning.get(id) ?? 0));

      return documents
        .map((document) => ({ document, score: score(document) }))
        .toSorted((a, b) => b.score - a.score)
        .slice(0, limit)
        .map(({ document, score }) => ({
          page_content: document.text,
          metadata: {
            doc_uri: `documents/${document.id}.md`,
            title: document.title,
            score: Number(score.toFixed(5)),
          },
          id: document.id,
        }));
    },
    { name: "search_documents", spanType: SpanType.RETRIEVER },
  );
}

function wordsOf(text: string): string[] {
  const words = text.toLowerCase().match(/[a-z]{3,}/g) ?? [];
  return words.filter((word) => !fillers.has(word)).map((word) => word.replace(/(ing|ed|es|s|e)$/, ""));
}

function bm25(documents: IndexedDocument[], query: string[]) {
  const meanLength = documents.reduce((sum, { words }) => sum + words.length, 0) / documents.length;
  const weights = new Map(
    query.map((word) => {
      const holders = documents.filter(({ words }) => words.includes(word)).length;
      return [word, Math.log(1 + (documents.length - holders + 0.5) / (holders + 0.5))];
    }),
  );

  return ({ words }: IndexedDocument) => {
    const penalty = 1 - lengthNormalisation + (lengthNormalisation * words.length) / meanLength;
    let score = 0;
    for (const [word, weight] of weights) {
      const count = words.filter((candidate) => candidate === word).length;
      score += (weight * count * (termSaturation + 1)) / (count + termSaturation * penalty);
    }
    return score;
  };
}

function cosine(a: number[] | undefined, b: number[] | undefined): number {
  if (!a || !b) return 0;
  const dot = (x: number[], y: number[]) => x.reduce((sum, v, i) => sum + v * (y[i] ?? 0), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

function rank(documents: IndexedDocument[], score: (document: IndexedDocument) => number) {
  const sorted = documents.map((document) => ({ id: document.id, score: score(document) }));
  sorted.sort((a, b) => b.score - a.score);
  return new Map(sorted.map(({ id }, position) => [id, position + 1]));
}
