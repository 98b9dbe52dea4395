import { decodedBytes } from "@tracelake/uc-exporter/plugin";
import { asText, isRecord, recordsIn, type JsonRecord } from "./json-record.ts";
import { withoutCredentials } from "./read-request.ts";
import type { ResponseReading } from "./surface.ts";

/** An answer that is recorded as it is. */
export const readAnswer = (response: JsonRecord): ResponseReading => ({ outputs: response, tokens: "counted" });

/** An object that a service keeps. What it may say of tokens is not about this call. */
export const readStored = (response: JsonRecord): ResponseReading => ({ outputs: response, tokens: "ignored" });

/** A page of a list, which is an object of the client's with its request, its response and ways to the next page. */
export const readPage = ({ object, data, has_more: hasMore }: JsonRecord): ResponseReading => ({
  outputs: {
    ...(object === undefined ? {} : { object }),
    data,
    ...(hasMore === undefined ? {} : { has_more: hasMore }),
  },
  tokens: "ignored",
});

export const readChatCompletion = (completion: JsonRecord): ResponseReading => ({
  outputs: completion,
  finishReasons: recordsIn(completion["choices"]).map((choice) => choice["finish_reason"]),
  tokens: "counted",
});

// An answer that is still being worked on has no reason to have finished.
const isUnderWay = (status: unknown): boolean =>
  status === "queued" || status === "in_progress" || status === "cancelling" || status === "requires_action";

const failureOf = (error: unknown): { failure: { name: string; message: string } } => {
  const { code, type, message } = isRecord(error) ? error : {};
  return { failure: { name: asText(code) ?? asText(type) ?? "failed", message: asText(message) ?? "" } };
};

export const readResponse = (response: JsonRecord): ResponseReading => {
  const { status, error, incomplete_details: details, conversation } = response;
  const reason = isRecord(details) ? details["reason"] : undefined;
  return {
    outputs: withoutCredentials(response),
    ...(isUnderWay(status) ? {} : { finishReasons: [reason ?? status] }),
    tokens: "counted",
    conversationId: isRecord(conversation) ? asText(conversation["id"]) : undefined,
    ...(status === "failed" ? failureOf(error) : {}),
  };
};

/** A response of a realtime session, which says in `status_details` why it is not complete. */
export const readRealtimeResponse = (response: JsonRecord): ResponseReading => {
  const { status, status_details: details, conversation_id: conversationId } = response;
  const { reason, error } = isRecord(details) ? details : {};
  return {
    outputs: response,
    ...(isUnderWay(status) ? {} : { finishReasons: [reason ?? status] }),
    tokens: "counted",
    conversationId: asText(conversationId),
    ...(status === "failed" ? failureOf(error) : {}),
  };
};

/** A run of an assistant: `failed` and `expired` are errors. */
export const readRun = (run: JsonRecord): ResponseReading => {
  const { status, last_error: error, thread_id: threadId } = run;
  return {
    outputs: run,
    ...(isUnderWay(status) ? {} : { finishReasons: [status] }),
    tokens: "counted",
    conversationId: asText(threadId),
    ...(status === "failed" || status === "expired" ? failureOf(error ?? { code: status }) : {}),
  };
};

/** Embeddings without their vectors, which no one reads and which outweigh everything else in a trace. */
export const readEmbeddings = (response: JsonRecord, { vectors }: { vectors: boolean }): ResponseReading => ({
  outputs: vectors
    ? response
    : {
        ...response,
        data: recordsIn(response["data"]).map(describeEmbedding),
      },
  tokens: "noted",
});

const describeEmbedding = (item: JsonRecord): JsonRecord => {
  const vector = Reflect.getOwnPropertyDescriptor(item, "embedding");
  // Made by a parser of the caller's, whose code is the client's to run.
  if (vector?.get !== undefined) return { embedding: "[vector]" };
  return { ...item, embedding: describeVector(vector?.value) };
};

const bytesOfFloat = 4;

const describeVector = (vector: unknown): string => {
  if (typeof vector === "string") return `[${Math.floor(decodedBytes(vector) / bytesOfFloat)} dimensions]`;
  return Array.isArray(vector) ? `[${vector.length} dimensions]` : "[vector]";
};

/**
 * What a search found, in the form in which MLflow's judges read documents.
 *
 * @see https://mlflow.org/docs/latest/genai/concepts/span/#retriever-spans
 */
export const readDocuments = ({ data }: JsonRecord): ResponseReading => ({
  outputs: recordsIn(data).map(({ file_id: fileId, filename, score, attributes, content }) => ({
    page_content: recordsIn(content)
      .map((part) => asText(part["text"]) ?? "")
      .join("\n"),
    metadata: { ...(isRecord(attributes) ? attributes : {}), doc_uri: filename ?? fileId, file_id: fileId, score },
    id: asText(fileId) ?? null,
  })),
  tokens: "ignored",
});

interface HttpResponse {
  readonly headers: { get(name: string): unknown };
}

const isHttpResponse = (value: object): value is HttpResponse =>
  "headers" in value && isRecord(value.headers) && typeof value.headers["get"] === "function" && "body" in value;

/** What stands for an answer of bytes, whose body is the caller's to read. `undefined` where the answer is none. */
export const describeDownload = (value: object): string | undefined => {
  if (!isHttpResponse(value)) return undefined;
  const { headers } = value;
  const kind = asText(headers.get("content-type"))?.split(";")[0] ?? "binary";
  const length = asText(headers.get("content-length"));
  return length === undefined ? `[${kind}]` : `[${kind}, ${length} bytes]`;
};
