import { safely } from "@tracelake/uc-exporter/plugin";
import { isDocument, toDocument } from "./documents.ts";
import { isRecord, type JsonRecord } from "./json-record.ts";
import { isMessage, toOpenAIMessage } from "./messages.ts";

// Deeper down LangChain puts nothing of its own.
const deepestNesting = 6;
const longestList = 2_000;

/** LangGraph's `Command` and `Send`, which say so themselves in every copy and version. */
const graphObjectFields: Readonly<Record<string, readonly string[]>> = {
  Command: ["goto", "update", "resume", "graph"],
  Send: ["node", "args"],
};

const isGiven = (value: unknown): boolean =>
  value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);

const toGraphObject = (value: JsonRecord, fields: readonly string[], depth: number): JsonRecord => {
  const entries = fields
    .filter((field) => isGiven(value[field]))
    .map((field) => [field, walk(value[field], depth + 1)]);
  return Object.fromEntries(entries) as JsonRecord;
};

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

// Copies only where something inside is to be written otherwise.
const walkList = (list: readonly unknown[], depth: number): readonly unknown[] => {
  let copy: unknown[] | undefined;
  const end = Math.min(list.length, longestList);
  for (let index = 0; index < end; index++) {
    const plain = walk(list[index], depth + 1);
    if (plain !== list[index]) (copy ??= [...list])[index] = plain;
  }
  return copy?.filter((item) => item !== undefined) ?? list;
};

const walkRecord = (record: JsonRecord, depth: number): JsonRecord => {
  let copy: JsonRecord | undefined;
  for (const key of Object.keys(record)) {
    const plain = walk(record[key], depth + 1);
    if (plain !== record[key]) (copy ??= { ...record })[key] = plain;
  }
  return copy ?? record;
};

const walkInstance = (value: JsonRecord, depth: number): unknown => {
  if (isMessage(value)) return toOpenAIMessage(value);
  if (isDocument(value)) return toDocument(value);
  const fields = graphObjectFields[String(value["lg_name"])];
  if (fields !== undefined) return toGraphObject(value, fields, depth);
  // A prompt's value, which chains hand on as it is.
  if (typeof value["toChatMessages"] === "function") {
    return Array.isArray(value["messages"]) ? { messages: walkList(value["messages"], depth) } : value["value"];
  }
  return value;
};

const walk = (value: unknown, depth: number): unknown => {
  if (typeof value !== "object" || value === null || depth > deepestNesting) return value;
  if (Array.isArray(value)) return walkList(value, depth);
  if (!isRecord(value)) return value;
  if (!isPlain(value)) return walkInstance(value, depth);
  return "lg_name" in value || "pageContent" in value ? walkInstance(value, depth) : walkRecord(value, depth);
};

/**
 * A value in which LangChain's own objects are written the way MLflow reads them: messages in OpenAI's shape, documents,
 * commands. Everything else is the value itself, and is left to the capture policy, as is a value that throws.
 */
export const toPlainValue = (value: unknown): unknown => safely(() => walk(value, 0), value);
