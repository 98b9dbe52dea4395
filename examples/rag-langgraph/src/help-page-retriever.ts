import { Document } from "@langchain/core/documents";
import { BaseRetriever } from "@langchain/core/retrievers";
import { readFileSync } from "node:fs";

interface HelpPage {
  readonly id: string;
  readonly source: string;
  readonly text: string;
}

const pages = JSON.parse(readFileSync(new URL("help-pages.json", import.meta.url), "utf8")) as readonly HelpPage[];
const wordsOf = (text: string): Set<string> => new Set(text.toLowerCase().match(/\p{L}{4,}/gu) ?? []);

/** Finds the help pages that share the most words with a question. */
export class HelpPageRetriever extends BaseRetriever {
  lc_namespace = ["rag_langgraph", "retrievers"];

  override async _getRelevantDocuments(question: string): Promise<Document[]> {
    const asked = wordsOf(question);
    const scored = pages.map((page) => ({
      page,
      score: [...wordsOf(`${page.id} ${page.text}`)].filter((word) => asked.has(word)).length,
    }));
    return scored
      .filter(({ score }) => score > 0)
      .sort((left, right) => right.score - left.score)
      .slice(0, 2)
      .map(
        ({ page: { id, source, text }, score }) =>
          new Document({ id, pageContent: text, metadata: { doc_uri: source, score } }),
      );
  }
}
