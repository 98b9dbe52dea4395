import type { Allowance } from "@tracelake/uc-exporter/plugin";
import type { StreamFold, StreamFoldOptions } from "./fold-stream.ts";
import { isRecord, recordsIn, type JsonRecord } from "./json-record.ts";

// These name a thing once; all other text of a delta arrives in pieces.
const wholeTexts = new Set(["role", "id", "type", "name", "format"]);

const mergeDelta = (target: JsonRecord, delta: JsonRecord, allowance: Allowance): void => {
  for (const key of Object.keys(delta)) {
    // Whatever a server calls a field, the prototype of all objects is none.
    if (key === "__proto__") continue;
    const value = delta[key];
    const known = target[key];
    if (typeof value === "string" && value !== "") {
      target[key] = wholeTexts.has(key) ? value : allowance.append(known, value);
    } else if (Array.isArray(value)) target[key] = appendItems(known, value, allowance);
    else if (isRecord(value)) mergeDelta((target[key] = isRecord(known) ? known : {}), value, allowance);
    else if (value === null || value === undefined || value === "") target[key] ??= value;
    else target[key] = value;
  }
};

const appendItems = (known: unknown, items: readonly unknown[], allowance: Allowance): unknown[] => {
  const list: unknown[] = Array.isArray(known) ? known : [];
  for (const item of items) if (allowance.takeItem()) list.push(isRecord(item) ? { ...item } : item);
  return list;
};

interface ToolCall {
  readonly index: unknown;
  readonly call: JsonRecord;
}

class ChoiceFold {
  readonly #allowance: Allowance;
  readonly #message: JsonRecord = { role: "assistant", content: null };
  readonly #toolCalls: ToolCall[] = [];
  readonly #rest: JsonRecord = { logprobs: null };
  #finishReason: unknown = null;
  hasOutput = false;

  constructor(allowance: Allowance) {
    this.#allowance = allowance;
  }

  /** Adds a choice that says nothing but some more of the text, as nearly all do; `false` where it says anything else. */
  addText(choice: JsonRecord): boolean {
    const { delta } = choice;
    if (!this.hasOutput || !isRecord(delta) || typeof delta["content"] !== "string") return false;
    for (const key in delta) if (key !== "content") return false;
    for (const key in choice) if (key !== "delta" && key !== "index" && choice[key] !== null) return false;
    this.#message["content"] = this.#allowance.append(this.#message["content"], delta["content"]);
    return true;
  }

  add(choice: JsonRecord): void {
    for (const key of Object.keys(choice)) {
      const value = choice[key];
      if (key === "delta") this.#addDelta(value);
      else if (key === "finish_reason") this.#finishReason = value ?? this.#finishReason;
      else if (key !== "index" && value !== null) mergeDelta(this.#rest, { [key]: value }, this.#allowance);
    }
  }

  result(index: number): JsonRecord {
    const toolCalls = this.#toolCalls.map(({ call }) => call);
    const message = toolCalls.length === 0 ? this.#message : { ...this.#message, tool_calls: toolCalls };
    return { index, message, ...this.#rest, finish_reason: this.#finishReason };
  }

  #addDelta(delta: unknown): void {
    if (!isRecord(delta)) return;
    const { tool_calls: toolCalls, ...message } = delta;
    mergeDelta(this.#message, message, this.#allowance);
    for (const piece of recordsIn(toolCalls)) this.#addToolCall(piece);
    this.hasOutput ||= toolCalls !== undefined || Object.entries(message).some(isOutput);
  }

  #addToolCall({ index, ...piece }: JsonRecord): void {
    let known = this.#findToolCall(index, piece["id"]);
    if (known === undefined && this.#allowance.takeItem()) this.#toolCalls.push((known = { index, call: {} }));
    if (known !== undefined) mergeDelta(known.call, piece, this.#allowance);
  }

  // Some servers leave the index out, others give every call the same index and a new id.
  #findToolCall(index: unknown, id: unknown): ToolCall | undefined {
    const isNew = (call: JsonRecord) => typeof id === "string" && id !== "" && call["id"] !== id;
    const candidate =
      index === undefined ? this.#toolCalls.at(-1) : this.#toolCalls.findLast((known) => known.index === index);
    return candidate === undefined || isNew(candidate.call) ? undefined : candidate;
  }
}

const isOutput = ([key, value]: readonly [string, unknown]): boolean =>
  key !== "role" && value !== null && value !== undefined && value !== "";

// `obfuscation` is random padding.
const noCompletionFields = new Set(["choices", "usage", "object", "obfuscation", "__proto__"]);

class ChatFold implements StreamFold {
  readonly #allowance: Allowance;
  readonly #completion: JsonRecord = {};
  readonly #choices = new Map<number, ChoiceFold>();
  #usage: JsonRecord | undefined;
  readonly isWhole = false;

  constructor({ allowance }: StreamFoldOptions) {
    this.#allowance = allowance;
  }

  get hasOutput(): boolean {
    for (const choice of this.#choices.values()) if (choice.hasOutput) return true;
    return false;
  }

  add(chunk: unknown): void {
    if (!isRecord(chunk)) return;
    const { choices, usage } = chunk;
    const list: readonly unknown[] = Array.isArray(choices) ? choices : [];
    const [choice] = list;
    if (list.length === 1 && isRecord(choice) && !isRecord(usage) && this.#addText(choice)) return;
    this.#noteFields(chunk);
    if (isRecord(usage)) this.#usage = structuredClone(usage);
    for (const each of list) if (isRecord(each)) this.#addChoice(each);
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

  // What a chunk has beside its choices is the same in all chunks that go on with a text.
  #addText(choice: JsonRecord): boolean {
    const { index } = choice;
    return typeof index === "number" && this.#choices.get(index)?.addText(choice) === true;
  }

  #noteFields(chunk: JsonRecord): void {
    for (const key of Object.keys(chunk)) {
      if (!noCompletionFields.has(key)) this.#completion[key] = chunk[key] ?? this.#completion[key] ?? null;
    }
  }

  #addChoice(choice: JsonRecord): void {
    const index = typeof choice["index"] === "number" ? choice["index"] : 0;
    let fold = this.#choices.get(index);
    if (fold === undefined) this.#choices.set(index, (fold = new ChoiceFold(this.#allowance)));
    fold.add(choice);
  }
}

/** Chunks of a chat completion: choices are told apart by their index, tool calls by theirs. */
export const foldChatChunks = (options: StreamFoldOptions): StreamFold => new ChatFold(options);

class CompletionFold implements StreamFold {
  readonly #allowance: Allowance;
  readonly #choices = new Map<number, JsonRecord>();
  #completion: JsonRecord = {};
  #usage: JsonRecord | undefined;
  hasOutput = false;
  readonly isWhole = false;

  constructor({ allowance }: StreamFoldOptions) {
    this.#allowance = allowance;
  }

  add(chunk: unknown): void {
    if (!isRecord(chunk)) return;
    const { choices, usage, ...rest } = chunk;
    this.#completion = { ...this.#completion, ...rest };
    if (isRecord(usage)) this.#usage = structuredClone(usage);
    for (const choice of recordsIn(choices)) this.#addChoice(choice);
  }

  result(): JsonRecord {
    const choices = [...this.#choices.values()].sort((left, right) => Number(left["index"]) - Number(right["index"]));
    return { ...this.#completion, choices, ...(this.#usage === undefined ? {} : { usage: this.#usage }) };
  }

  #addChoice({ index: given, finish_reason: finishReason, ...piece }: JsonRecord): void {
    const index = typeof given === "number" ? given : 0;
    const known = this.#choices.get(index) ?? { text: "", index, logprobs: null, finish_reason: null };
    this.#choices.set(index, known);
    mergeDelta(known, piece, this.#allowance);
    known["finish_reason"] = finishReason ?? known["finish_reason"];
    this.hasOutput ||= known["text"] !== "";
  }
}

/** Chunks of a text completion, which have the form of the completion itself. */
export const foldCompletionChunks = (options: StreamFoldOptions): StreamFold => new CompletionFold(options);
