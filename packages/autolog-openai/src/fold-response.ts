import type { Allowance } from "@tracelake/uc-exporter/plugin";
import type { StreamFold, StreamFoldOptions } from "./fold-stream.ts";
import { asText, isRecord, recordsIn, type JsonRecord } from "./json-record.ts";

/** Where the text of an event belongs: a field of the output item, or of one part of it. */
const textPieces: Readonly<Record<string, { readonly field: string; readonly part?: string }>> = {
  "response.output_text.delta": { field: "text", part: "output_text" },
  "response.text.delta": { field: "text", part: "text" },
  "response.refusal.delta": { field: "refusal", part: "refusal" },
  "response.reasoning_text.delta": { field: "text", part: "reasoning_text" },
  "response.output_audio_transcript.delta": { field: "transcript", part: "output_audio" },
  "response.audio_transcript.delta": { field: "transcript", part: "audio" },
  "response.function_call_arguments.delta": { field: "arguments" },
  "response.mcp_call_arguments.delta": { field: "arguments" },
  "response.custom_tool_call_input.delta": { field: "input" },
  "response.code_interpreter_call_code.delta": { field: "code" },
};

const terminalEvents = new Set(["response.completed", "response.incomplete", "response.failed", "response.done"]);

class ResponseFold implements StreamFold {
  readonly #allowance: Allowance;
  #response: JsonRecord = { object: "response", status: "in_progress" };
  /** What has begun is put together piece by piece; what is done is kept as text, which nobody can change. */
  readonly #items = new Map<number, JsonRecord | string>();
  isWhole = false;
  hasOutput = false;

  constructor({ allowance }: StreamFoldOptions) {
    this.#allowance = allowance;
  }

  add(event: unknown): void {
    if (!isRecord(event)) return;
    const { type, delta } = event;
    if (typeof type !== "string") return;
    const piece = textPieces[type];
    if (piece !== undefined && typeof delta === "string") this.#append(event, piece, delta);
    else this.#addWhole(type, event);
  }

  result(): JsonRecord {
    if (this.isWhole) return this.#response;
    const byIndex = [...this.#items].sort(([left], [right]) => left - right);
    const output = byIndex.map(([, item]): unknown => (typeof item === "string" ? JSON.parse(item) : item));
    return { ...this.#response, output };
  }

  #addWhole(type: string, event: JsonRecord): void {
    const { response, item, code, message } = event;
    if (isRecord(response)) this.#response = { ...response };
    if (terminalEvents.has(type)) {
      this.isWhole = true;
      if (isRecord(response)) this.#allowance.makeUp();
    }
    if (type === "response.output_item.added" && isRecord(item)) this.#begin(indexOf(event), item);
    if (type === "response.output_item.done" && isRecord(item)) this.#finish(indexOf(event), item);
    if (type !== "error") return;
    const error = { code: code ?? null, message: message ?? null };
    this.#response = { ...this.#response, status: "failed", error };
  }

  #begin(index: number, item: JsonRecord): void {
    this.hasOutput ||= item["type"] !== "message" && item["type"] !== "reasoning";
    if (!this.#allowance.takeItem()) return;
    this.#items.set(index, { ...item, ...(Array.isArray(item["content"]) ? { content: [] } : {}) });
  }

  #finish(index: number, item: JsonRecord): void {
    this.hasOutput = true;
    const text = this.#allowance.holdJson(item);
    if (text !== undefined) this.#items.set(index, text);
  }

  #append(event: JsonRecord, { field, part }: { field: string; part?: string }, delta: string): void {
    this.hasOutput = true;
    const index = indexOf(event);
    const known = this.#items.get(index);
    if (typeof known === "string" || (known === undefined && !this.#allowance.takeItem())) return;
    const item = known ?? {};
    this.#items.set(index, item);
    const target = part === undefined ? item : partOf(item, event["content_index"], part);
    target[field] = this.#allowance.append(target[field], delta);
  }
}

const indexOf = ({ output_index: index }: JsonRecord): number => (typeof index === "number" ? index : 0);

const partOf = (item: JsonRecord, contentIndex: unknown, type: string): JsonRecord => {
  const parts = recordsIn(item["content"]);
  item["content"] = parts;
  const index = typeof contentIndex === "number" ? Math.min(contentIndex, parts.length) : 0;
  return (parts[index] ??= { type });
};

/** Events of a response: the last one carries it whole; what was left before that is put together from its items. */
export const foldResponseEvents = (options: StreamFoldOptions): StreamFold => new ResponseFold(options);

// The parts are written to while the caller, whose objects they are copies of, still reads.
const copyMessage = (message: JsonRecord): JsonRecord => ({
  ...message,
  ...(Array.isArray(message["content"]) ? { content: recordsIn(message["content"]).map((part) => ({ ...part })) } : {}),
});

class RunFold implements StreamFold {
  readonly #allowance: Allowance;
  #run: JsonRecord = {};
  readonly #messages = new Map<string, JsonRecord>();
  readonly isWhole = false;
  hasOutput = false;

  constructor({ allowance }: StreamFoldOptions) {
    this.#allowance = allowance;
  }

  add(item: unknown): void {
    if (!isRecord(item)) return;
    const { event, data } = item;
    if (typeof event !== "string" || !isRecord(data)) return;
    if (event === "error") this.#run = { ...this.#run, status: "failed", last_error: data };
    else if (data["object"] === "thread.run") this.#run = { ...data };
    else if (data["object"] === "thread.message") this.#messages.set(String(data["id"]), copyMessage(data));
    else if (event === "thread.message.delta") this.#append(data);
  }

  result(): JsonRecord {
    return { ...this.#run, messages: [...this.#messages.values()] };
  }

  #append({ id, delta }: JsonRecord): void {
    this.hasOutput = true;
    const message = this.#messages.get(String(id));
    if (message === undefined || !isRecord(delta)) return;
    const content = recordsIn(message["content"]);
    for (const part of recordsIn(delta["content"])) this.#appendPart(content, part);
    message["content"] = content;
  }

  #appendPart(content: JsonRecord[], { index, text, ...rest }: JsonRecord): void {
    const at = typeof index === "number" ? Math.min(index, content.length) : 0;
    const part = (content[at] ??= rest);
    const piece = isRecord(text) ? asText(text["value"]) : undefined;
    if (piece === undefined) return;
    const known = isRecord(part["text"]) ? part["text"] : {};
    part["text"] = { ...known, value: this.#allowance.append(known["value"], piece) };
  }
}

/** Events of an assistant's run: the run as it was last, with the messages it wrote. */
export const foldRunEvents = (options: StreamFoldOptions): StreamFold => new RunFold(options);
