import { isRecord, recordsIn, type JsonRecord } from "./json-record.ts";

/** Adds up the chunks of one stream, without keeping or changing them. */
export interface StreamFold {
  add(chunk: unknown): void;
  /** What the same request would have answered without streaming, as far as the chunks tell. */
  result(): JsonRecord;
}

// These name a thing once; all other text of a delta arrives in pieces.
const wholeTexts = new Set(["role", "id", "type", "name", "format"]);

const mergeDelta = (target: JsonRecord, delta: JsonRecord): void => {
  for (const [key, value] of Object.entries(delta)) {
    const known = target[key];
    if (typeof value === "string" && typeof known === "string" && !wholeTexts.has(key)) target[key] = known + value;
    else if (Array.isArray(value)) target[key] = appendItems(known, value);
    else if (isRecord(value)) mergeDelta((target[key] = isRecord(known) ? known : {}), value);
    else if (value === null || value === undefined || value === "") target[key] ??= value;
    else target[key] = value;
  }
};

const appendItems = (known: unknown, items: readonly unknown[]): unknown[] => {
  const list: unknown[] = Array.isArray(known) ? known : [];
  for (const item of items) list.push(isRecord(item) ? { ...item } : item);
  return list;
};

interface ToolCall {
  readonly index: unknown;
  readonly call: JsonRecord;
}

class ChoiceFold {
  readonly #message: JsonRecord = { role: "assistant", content: null };
  readonly #toolCalls: ToolCall[] = [];
  readonly #rest: JsonRecord = { logprobs: null };
  #finishReason: unknown = null;

  add({ delta, index: _index, finish_reason: finishReason, ...rest }: JsonRecord): void {
    const { tool_calls: toolCalls, ...message } = isRecord(delta) ? delta : {};
    mergeDelta(this.#message, message);
    for (const piece of recordsIn(toolCalls)) this.#addToolCall(piece);
    mergeDelta(this.#rest, rest);
    this.#finishReason = finishReason ?? this.#finishReason;
  }

  result(index: number): JsonRecord {
    const toolCalls = this.#toolCalls.map(({ call }) => call);
    const message = toolCalls.length === 0 ? this.#message : { ...this.#message, tool_calls: toolCalls };
    return { index, message, ...this.#rest, finish_reason: this.#finishReason };
  }

  #addToolCall({ index, ...piece }: JsonRecord): void {
    const known = this.#findToolCall(index, piece["id"]);
    if (known === undefined) this.#toolCalls.push({ index, call: {} });
    mergeDelta((known ?? this.#toolCalls.at(-1))?.call ?? {}, piece);
  }

  // Some servers leave the index out, others give every call the same index and a new id.
  #findToolCall(index: unknown, id: unknown): ToolCall | undefined {
    const isNew = (call: JsonRecord) => typeof id === "string" && id !== "" && call["id"] !== id;
    const candidate =
      index === undefined ? this.#toolCalls.at(-1) : this.#toolCalls.findLast((known) => known.index === index);
    return candidate === undefined || isNew(candidate.call) ? undefined : candidate;
  }
}

class ChatFold implements StreamFold {
  readonly #completion: JsonRecord = {};
  readonly #choices = new Map<number, ChoiceFold>();
  #usage: unknown;

  add(chunk: unknown): void {
    if (!isRecord(chunk)) return;
    // `obfuscation` is random padding of the transport.
    const { choices, usage, object: _object, obfuscation: _obfuscation, ...rest } = chunk;
    for (const [key, value] of Object.entries(rest)) this.#completion[key] = value ?? this.#completion[key] ?? null;
    if (isRecord(usage)) this.#usage = structuredClone(usage);
    for (const choice of recordsIn(choices)) {
      const index = typeof choice["index"] === "number" ? choice["index"] : 0;
      const fold = this.#choices.get(index) ?? new ChoiceFold();
      this.#choices.set(index, fold);
      fold.add(choice);
    }
  }

  result(): JsonRecord {
    const byIndex = [...this.#choices].sort(([left], [right]) => left - right);
    const { id, ...rest } = this.#completion;
    return {
      id: id ?? null,
      object: "chat.completion",
      ...rest,
      choices: byIndex.map(([index, fold]) => fold.result(index)),
      ...(this.#usage === undefined ? {} : { usage: this.#usage }),
    };
  }
}

/** Chunks of a chat completion: choices are told apart by their index, tool calls by theirs. */
export const foldChatChunks = (): StreamFold => new ChatFold();

/** Where the text of an event belongs: a field of the output item, or of one part of it. */
const textPieces: Readonly<Record<string, { readonly field: string; readonly part?: string }>> = {
  "response.output_text.delta": { field: "text", part: "output_text" },
  "response.refusal.delta": { field: "refusal", part: "refusal" },
  "response.reasoning_text.delta": { field: "text", part: "reasoning_text" },
  "response.function_call_arguments.delta": { field: "arguments" },
  "response.mcp_call_arguments.delta": { field: "arguments" },
  "response.custom_tool_call_input.delta": { field: "input" },
};

const terminalEvents = new Set(["response.completed", "response.incomplete", "response.failed"]);

class ResponseFold implements StreamFold {
  #response: JsonRecord = { object: "response", status: "in_progress" };
  readonly #items = new Map<number, JsonRecord>();
  #isWhole = false;

  add(event: unknown): void {
    if (!isRecord(event) || typeof event["type"] !== "string") return;
    const { type, response, item, delta, output_index: outputIndex } = event;
    const index = typeof outputIndex === "number" ? outputIndex : 0;
    const piece = textPieces[type];
    if (isRecord(response)) this.#response = structuredClone(response);
    if (terminalEvents.has(type)) this.#isWhole = true;
    if (isRecord(item)) this.#items.set(index, structuredClone(item));
    if (type === "error") this.#fail(event);
    if (piece !== undefined && typeof delta === "string") this.#append(index, event["content_index"], piece, delta);
  }

  result(): JsonRecord {
    if (this.#isWhole) return this.#response;
    const byIndex = [...this.#items].sort(([left], [right]) => left - right);
    return { ...this.#response, output: byIndex.map(([, item]) => item) };
  }

  #fail({ code, message }: JsonRecord): void {
    this.#response = { ...this.#response, status: "failed", error: { code: code ?? null, message: message ?? null } };
  }

  #append(index: number, contentIndex: unknown, piece: { field: string; part?: string }, delta: string): void {
    const item = this.#items.get(index) ?? {};
    this.#items.set(index, item);
    const target = piece.part === undefined ? item : partOf(item, contentIndex, piece.part);
    const known = target[piece.field];
    target[piece.field] = typeof known === "string" ? known + delta : delta;
  }
}

const partOf = (item: JsonRecord, contentIndex: unknown, type: string): JsonRecord => {
  const parts = recordsIn(item["content"]);
  item["content"] = parts;
  const index = typeof contentIndex === "number" ? Math.min(contentIndex, parts.length) : 0;
  return (parts[index] ??= { type });
};

/** Events of a response: the last one carries it whole; what was left before that is put together from its items. */
export const foldResponseEvents = (): StreamFold => new ResponseFold();
