import { isRecord, type JsonRecord } from "./json-record.ts";

/** LangChain's `Document`, known by its shape: an application may hold several copies of the class. */
export const isDocument = (value: unknown): value is JsonRecord =>
  isRecord(value) && typeof value["pageContent"] === "string" && isRecord(value["metadata"]);

/**
 * A document as MLflow's retrieval scorers read it. Stores that give documents no id often keep one in the metadata.
 *
 * @see https://mlflow.org/docs/latest/genai/concepts/span/#retriever-spans
 */
export const toDocument = (document: JsonRecord): JsonRecord => {
  const metadata = isRecord(document["metadata"]) ? document["metadata"] : {};
  const ids = [document["id"], metadata["id"], metadata["chunk_id"]];
  const id = ids.find((value) => typeof value === "string" || typeof value === "number");
  return {
    page_content: document["pageContent"],
    metadata,
    ...(id === undefined ? {} : { id: String(id) }),
  };
};

/** The documents of a list of nothing else; `undefined` where it is anything else. */
export const documentsIn = (value: unknown): JsonRecord[] | undefined =>
  Array.isArray(value) && value.length > 0 && value.every(isDocument) ? value.map(toDocument) : undefined;

/** The documents that a tool returned: itself, beside its text (`content_and_artifact`), or in an object. */
export const documentsOfTool = (output: unknown): JsonRecord[] | undefined => {
  const artifact = isRecord(output) ? output["artifact"] : undefined;
  const held = isRecord(artifact) ? artifact : output;
  return (
    documentsIn(output) ??
    documentsIn(artifact) ??
    (isRecord(held) ? (documentsIn(held["documents"]) ?? documentsIn(held["docs"])) : undefined)
  );
};
