import { SpanType } from "@tracelake/uc-exporter";
import { foldChatChunks, foldCompletionChunks } from "./fold-chat.ts";
import { foldImageEvents, foldTranscriptEvents } from "./fold-media.ts";
import { foldResponseEvents, foldRunEvents } from "./fold-response.ts";
import {
  readAnswer,
  readChatCompletion,
  readDocuments,
  readEmbeddings,
  readPage,
  readRealtimeResponse,
  readResponse,
  readRun,
  readStored,
} from "./read-response.ts";
import type { Surface } from "./surface.ts";

const chat: Surface = {
  spanType: SpanType.CHAT_MODEL,
  operation: "chat",
  inputParameter: "messages",
  messageFormat: "openai",
  path: "/chat/completions",
  hasOptionalUsage: true,
  readResponse: readChatCompletion,
  foldStream: foldChatChunks,
};

const response: Surface = {
  spanType: SpanType.CHAT_MODEL,
  operation: "chat",
  inputParameter: "input",
  messageFormat: "openai",
  path: "/responses",
  readResponse,
  foldStream: foldResponseEvents,
};

const { path: _path, ...pathlessResponse } = response;
const responses: Readonly<Record<string, Surface>> = {
  create: response,
  retrieve: { ...pathlessResponse, ids: ["response_id"], follows: "query", isRepeated: true },
  cancel: { ...pathlessResponse, ids: ["response_id"], follows: "options", isRepeated: true },
  compact: pathlessResponse,
};

const embeddings: Surface = {
  spanType: SpanType.EMBEDDING,
  operation: "embeddings",
  inputParameter: "input",
  path: "/embeddings",
  readResponse: readEmbeddings,
};

const images: Surface = {
  spanType: SpanType.TOOL,
  operation: "generate_content",
  outputType: "image",
  inputParameter: "prompt",
  readResponse: readAnswer,
  foldStream: foldImageEvents,
};

const speech: Surface = {
  spanType: SpanType.TOOL,
  operation: "generate_content",
  outputType: "speech",
  inputParameter: "input",
  path: "/audio/speech",
  readResponse: readAnswer,
};

const transcription: Surface = {
  spanType: SpanType.TOOL,
  operation: "generate_content",
  outputType: "text",
  inputParameter: "file",
  readResponse: readAnswer,
  foldStream: foldTranscriptEvents,
};

const search: Surface = {
  spanType: SpanType.RETRIEVER,
  operation: "retrieval",
  ids: ["vector_store_id"],
  inputParameter: "query",
  readResponse: readDocuments,
};

/** Where work is handed in, stored or listed, and no model answers. */
const store = (spanType: SpanType, ...ids: readonly string[]): Surface => ({ spanType, ids, readResponse: readStored });
const lookUp = (spanType: SpanType, ...ids: readonly string[]): Surface => ({
  ...store(spanType, ...ids),
  follows: "options",
});
const list = (spanType: SpanType, ...ids: readonly string[]): Surface => ({
  ...store(spanType, ...ids),
  follows: "query",
  readResponse: readPage,
});

const run: Surface = {
  spanType: SpanType.AGENT,
  operation: "invoke_agent",
  ids: ["thread_id"],
  readResponse: readRun,
  foldStream: foldRunEvents,
};
const ofRun: Surface = { ...run, ids: ["thread_id", "run_id"], isRepeated: true };

/**
 * Everything that is recorded, by the way to it from a client: a surface more is a row more. The span has the name of
 * the resource's class, as MLflow's Python client has it.
 */
export const surfaces: Readonly<Record<string, Surface>> = {
  "chat.completions.create": chat,
  "completions.create": {
    ...chat,
    spanType: SpanType.LLM,
    operation: "text_completion",
    inputParameter: "prompt",
    path: "/completions",
    foldStream: foldCompletionChunks,
  },
  ...Object.fromEntries(Object.entries(responses).map(([method, surface]) => [`responses.${method}`, surface])),
  ...Object.fromEntries(Object.entries(responses).map(([method, surface]) => [`beta.responses.${method}`, surface])),
  "embeddings.create": embeddings,
  "images.generate": { ...images, path: "/images/generations" },
  "images.edit": images,
  "images.createVariation": { ...images, inputParameter: "image" },
  "audio.speech.create": speech,
  "audio.transcriptions.create": transcription,
  "audio.translations.create": transcription,
  "moderations.create": {
    spanType: SpanType.GUARDRAIL,
    operation: "moderation",
    inputParameter: "input",
    path: "/moderations",
    readResponse: readAnswer,
  },
  "decisions.create": {
    spanType: SpanType.LLM,
    operation: "decision",
    inputParameter: "input",
    path: "/decisions",
    readResponse: readAnswer,
  },
  "vectorStores.search": search,
  "batches.create": store(SpanType.TASK),
  "batches.retrieve": lookUp(SpanType.TASK, "batch_id"),
  "batches.list": list(SpanType.TASK),
  "batches.cancel": lookUp(SpanType.TASK, "batch_id"),
  "files.create": { ...store(SpanType.TASK), inputParameter: "file" },
  "files.retrieve": lookUp(SpanType.TASK, "file_id"),
  "files.list": list(SpanType.TASK),
  "files.delete": lookUp(SpanType.TASK, "file_id"),
  "files.del": lookUp(SpanType.TASK, "file_id"),
  "files.content": lookUp(SpanType.TASK, "file_id"),
  "models.retrieve": lookUp(SpanType.TASK, "model"),
  "models.list": list(SpanType.TASK),
  "conversations.create": { ...store(SpanType.MEMORY), inputParameter: "items" },
  "conversations.retrieve": lookUp(SpanType.MEMORY, "conversation_id"),
  "conversations.update": store(SpanType.MEMORY, "conversation_id"),
  "conversations.delete": lookUp(SpanType.MEMORY, "conversation_id"),
  "conversations.items.create": { ...store(SpanType.MEMORY, "conversation_id"), inputParameter: "items" },
  "conversations.items.list": list(SpanType.MEMORY, "conversation_id"),
  "beta.threads.create": { ...store(SpanType.MEMORY), inputParameter: "messages" },
  "beta.threads.messages.create": { ...store(SpanType.MEMORY, "thread_id"), inputParameter: "content" },
  "beta.threads.messages.list": list(SpanType.MEMORY, "thread_id"),
  "beta.threads.createAndRun": { ...run, ids: [], inputParameter: "thread" },
  "beta.threads.createAndRunPoll": { ...run, ids: [], inputParameter: "thread", isRepeated: true },
  "beta.threads.runs.create": run,
  "beta.threads.runs.createAndPoll": { ...run, isRepeated: true },
  "beta.threads.runs.poll": ofRun,
  "beta.threads.runs.submitToolOutputs": { ...ofRun, inputParameter: "tool_outputs" },
  "beta.threads.runs.submitToolOutputsAndPoll": { ...ofRun, inputParameter: "tool_outputs" },
};

/** A response of a realtime session, which no method asks for. */
export const realtimeResponse: Surface = {
  ...pathlessResponse,
  inputParameter: "items",
  readResponse: readRealtimeResponse,
};

/** A response over the WebSocket of the Responses API. */
export const socketResponse: Surface = pathlessResponse;
