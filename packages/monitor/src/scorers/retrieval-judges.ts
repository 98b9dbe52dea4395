import { AssessmentMetadataKey } from "@tracelake/wire";
import type { Feedback } from "../feedback.ts";
import { askJudge, feedbackOf } from "../judging/ask-judge.ts";
import type { Section } from "../judging/prompt.ts";
import { yesOrNo } from "../judging/value-type.ts";
import { oneLine } from "../reading/one-line.ts";
import { contentKeys, retrievalsOf, type Retrieval, type RetrievedDocument } from "../reading/retrieved-documents.ts";
import type { ScoringOutcome } from "../scorer.ts";
import { criteria } from "./criteria.ts";
import { scored, skipped, type Scoring } from "./judge-once.ts";
import { gather, type MaterialKey } from "./material.ts";

const noRetriever = "a span of type RETRIEVER";
const noList = "an output of the span of type RETRIEVER that is a list of documents, or of texts";
const noText = `a text in the documents of the span of type RETRIEVER (${contentKeys.map((key) => `\`${key}\``).join(", ")})`;

interface ReadDocument extends RetrievedDocument {
  readonly content: string;
}

const readable = ({ documents = [] }: Retrieval): ReadDocument[] =>
  documents.filter((document): document is ReadDocument => document.content !== undefined);

const documentsText = (documents: readonly ReadDocument[]): string =>
  documents.length === 0
    ? "(nothing was retrieved)"
    : documents
        .map(({ index, content, uri }) => `[${index + 1}]${uri === undefined ? "" : ` ${oneLine(uri)}`}\n${content}`)
        .join("\n\n");

/** What a retriever lacks to be judged; `undefined` where it can be, as one that found nothing. */
const missingOf = (retrieval: Retrieval): string | undefined => {
  if (retrieval.documents === undefined) return noList;
  return retrieval.documents.length > 0 && readable(retrieval).length === 0 ? noText : undefined;
};

type Gathering =
  | { readonly retrievals: readonly Retrieval[]; readonly sections: readonly Section[] }
  | { readonly outcome: ScoringOutcome };

const gatherRetrievals = ({ input }: Scoring, needs: readonly MaterialKey[]): Gathering => {
  const all = input.trace === undefined ? [] : retrievalsOf(input.trace);
  const retrievals = all.filter((retrieval) => missingOf(retrieval) === undefined);
  const gathered = gather(input, needs);
  const unread = new Set(all.map(missingOf).filter((missing) => missing !== undefined));
  const missing = [
    ...(all.length === 0 ? [noRetriever] : []),
    ...(retrievals.length === 0 ? unread : []),
    ...(gathered.isComplete ? [] : gathered.missing),
  ];
  if (missing.length > 0 || !gathered.isComplete) return { outcome: skipped(...missing) };
  return { retrievals, sections: gathered.sections };
};

/** One feedback per retriever of a trace, about all its documents. */
export const judgeRetrievals = async (
  scoring: Scoring,
  needs: readonly MaterialKey[],
  criterion: string,
): Promise<ScoringOutcome> => {
  const gathering = gatherRetrievals(scoring, needs);
  if ("outcome" in gathering) return gathering.outcome;
  const feedbacks = await Promise.all(
    gathering.retrievals.map(async (retrieval) => {
      const sections = [...gathering.sections, { name: "documents", text: documentsText(readable(retrieval)) }];
      const question = { criterion, sections, valueSchema: yesOrNo };
      return feedbackOf(await askJudge(question, scoring.judge, scoring.context), { spanId: retrieval.spanId });
    }),
  );
  return scored(...feedbacks);
};

const precisionOf = (name: string, spanId: string, chunks: readonly Feedback[]): Feedback => ({
  name: `${name}/precision`,
  value: chunks.filter(({ value }) => value === "yes").length / chunks.length,
  spanId,
  ...(chunks[0]?.source === undefined ? {} : { source: chunks[0].source }),
});

/** Per retriever of a trace, the share of its documents that help and a feedback for each of them. */
export const judgeDocuments = async (scoring: Scoring, name: string): Promise<ScoringOutcome> => {
  const gathering = gatherRetrievals(scoring, ["request"]);
  if ("outcome" in gathering) return gathering.outcome;
  const judgeOne = async ({ index, content }: ReadDocument, spanId: string): Promise<Feedback> => {
    const sections = [...gathering.sections, { name: "document", text: content }];
    const question = { criterion: criteria.RetrievalRelevance, sections, valueSchema: yesOrNo };
    const metadata = { [AssessmentMetadataKey.CHUNK_INDEX]: String(index) };
    return feedbackOf(await askJudge(question, scoring.judge, scoring.context), { spanId, metadata });
  };
  const perRetriever = await Promise.all(
    gathering.retrievals.map(async (retrieval) => {
      const chunks = await Promise.all(
        readable(retrieval).map(async (document) => judgeOne(document, retrieval.spanId)),
      );
      return chunks.length === 0 ? [] : [precisionOf(name, retrieval.spanId, chunks), ...chunks];
    }),
  );
  const feedbacks = perRetriever.flat();
  return feedbacks.length === 0 ? skipped("a document that was retrieved") : scored(...feedbacks);
};
