import type { OpenAIVersion } from "./matrix.ts";

/** What one call has to be recorded as; what is left out is not looked at. */
export interface ExpectedSpan {
  readonly name: "Completions" | "Responses" | "Embeddings" | "Files" | "Runs" | "Completions.runTools" | "weather";
  /** `error.type` of a span that ends as an error; all others end as OK. */
  readonly error?: string | RegExp;
  readonly leftEarly?: true;
  /** MLflow's count of all tokens. */
  readonly totalTokens?: number;
  /** A part of the recorded outputs, as JSON. */
  readonly outputs?: string;
  readonly hasNoOutputs?: true;
}

const chat = (expected: Omit<ExpectedSpan, "name">): ExpectedSpan => ({ name: "Completions", ...expected });
const responses = (expected: Omit<ExpectedSpan, "name">): ExpectedSpan => ({ name: "Responses", ...expected });

const answered = chat({ totalTokens: 30, outputs: "A lake holds what rivers bring. 湖" });
const streamed = chat({ totalTokens: 30, outputs: "A lake. 湖" });

const listed: ExpectedSpan = { name: "Files", outputs: "file-lakes" };

/** MLflow's type of each span. */
export const spanTypes: Readonly<Record<ExpectedSpan["name"], string>> = {
  Completions: "CHAT_MODEL",
  Responses: "CHAT_MODEL",
  Embeddings: "EMBEDDING",
  Files: "TASK",
  Runs: "AGENT",
  "Completions.runTools": "AGENT",
  weather: "TOOL",
};

type SpansOfForms = Readonly<Record<string, readonly ExpectedSpan[]>>;

const spansOfForms: SpansOfForms = {
  "chat create": [answered],
  "chat create, awaited twice": [answered],
  "chat create, of its own class": [answered],
  "chat withResponse": [answered],
  "chat asResponse": [chat({ hasNoOutputs: true })],
  "chat with two choices": [chat({ outputs: '"index":1' })],
  "chat stream": [streamed],
  "chat stream, of its own class": [streamed],
  "chat stream withResponse": [streamed],
  "chat stream, read twice": [streamed],
  "chat stream, left early": [chat({ leftEarly: true, outputs: "first " })],
  "chat stream, thrown out of": [chat({ leftEarly: true, outputs: "first " })],
  "chat stream, aborted": [chat({ leftEarly: true, outputs: "first second" })],
  "chat stream with an error event": [chat({ error: "APIError", outputs: "half" })],
  "chat stream that breaks": [chat({ error: /^(Type)?Error$/, outputs: "half" })],
  "chat stream with parallel tools": [chat({ outputs: '"name":"beta","arguments":"{\\"y\\":2}"' })],
  "chat stream with two choices": [chat({ outputs: '"index":1,"message":{"role":"assistant","content":"two"' })],
  "chat stream, split": [streamed],
  "chat stream, as a web stream": [streamed],
  "chat parse": [chat({ totalTokens: 30, outputs: '{\\"city\\":\\"Oslo\\"}' })],
  "chat stream helper": [streamed],
  "chat runTools": [
    chat({ outputs: '"name":"weather"' }),
    { name: "weather", outputs: "snow in Oslo" },
    answered,
    { name: "Completions.runTools", outputs: "rivers" },
  ],
  "responses create": [responses({ totalTokens: 38, outputs: '"id":"resp_1"' })],
  "responses stream": [responses({ totalTokens: 38, outputs: '"status":"completed"' })],
  "responses stream, left early": [responses({ leftEarly: true, outputs: "A lake is a " })],
  "responses that failed": [responses({ error: "server_error", outputs: '"status":"failed"' })],
  "responses that is incomplete": [responses({ totalTokens: 38, outputs: '"status":"incomplete"' })],
  "responses parse": [responses({ outputs: "Oslo" })],
  "responses stream helper": [responses({ totalTokens: 38, outputs: '"status":"completed"' })],
  "a list": [listed],
  "a list, item by item": [listed],
  "a list withResponse": [listed],
  "a list, as a raw response": [{ name: "Files", hasNoOutputs: true }],
  "a list that fails": [{ name: "Files", error: "NotFoundError", hasNoOutputs: true }],
  "a list that fails, caught": [{ name: "Files", error: "NotFoundError", hasNoOutputs: true }],
  "assistant run": [{ name: "Runs", outputs: '"thread.message"' }],
  embeddings: [{ name: "Embeddings", outputs: "[4 dimensions]" }],
  "embeddings as numbers": [{ name: "Embeddings", outputs: "dimensions]" }],
  "an error of the request": [chat({ error: "RateLimitError", hasNoOutputs: true })],
  "an error after a retry": [chat({ error: "InternalServerError", hasNoOutputs: true })],
  "an unknown model": [chat({ error: "NotFoundError", hasNoOutputs: true })],
  "a server that is not there": [chat({ error: "APIConnectionError", hasNoOutputs: true })],
  "an abort before the answer": [chat({ error: "APIUserAbortError", hasNoOutputs: true })],
  "a call that cannot be made": [chat({ error: "TypeError", hasNoOutputs: true })],
  "a client with other options": [answered],
};

/** The spans of every form in `programs/call-forms.cjs`, in the order in which they end. */
export const expectedSpans = (version: OpenAIVersion): SpansOfForms => ({
  ...spansOfForms,
  // The first version hands such an event on like any other.
  ...(version === "openai-4-first" ? { "chat stream with an error event": [chat({ outputs: "half" })] } : {}),
});
