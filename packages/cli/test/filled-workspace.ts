import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  encodeJournalHeader,
  encodeTraceRequest,
  JournalFrameType,
  toKeyValues,
  type JsonValue,
  type Span,
  type TraceInfo,
} from "@tracelake/wire";
import { afterAll } from "vitest";
import { encodeJournalFrame } from "../../../test/support/journal-frame.ts";

const made: string[] = [];

afterAll(async () => {
  for (const directory of made.splice(0)) await rm(directory, { recursive: true, force: true });
});

/** A directory that is gone after the tests of a file. */
export const temporaryDirectory = async (): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), "tracelake-cli-"));
  made.push(directory);
  return directory;
};

/** 2026-05-04T11:37:00.000000001Z */
export const startUnixNano = 1_777_894_620_000_000_001n;

const millis = (value: number): bigint => BigInt(Math.round(value * 1e6));

/** A span by the milliseconds at which it starts and ends, counted from {@link startUnixNano}. */
export const spanAt = (
  ids: { readonly trace: string; readonly span: number; readonly parent?: number },
  fromMillis: number,
  toMillis: number,
  given: { name: string; error?: string; attributes?: { [key: string]: JsonValue } },
): Span => ({
  traceId: ids.trace,
  spanId: ids.span.toString(16).padStart(16, "0"),
  ...(ids.parent === undefined ? {} : { parentSpanId: ids.parent.toString(16).padStart(16, "0") }),
  name: given.name,
  kind: 1,
  startTimeUnixNano: startUnixNano + millis(fromMillis),
  endTimeUnixNano: startUnixNano + millis(toMillis),
  attributes: toKeyValues(given.attributes ?? {}),
  events: [],
  links: [],
  status: given.error === undefined ? { code: 1 } : { code: 2, message: given.error },
});

let segments = 0;

/** Writes what an agent that has ended leaves in the journal of a workspace. */
export const writeJournal = async (
  directory: string,
  location: string,
  content: { readonly spans: readonly Span[]; readonly infos?: readonly TraceInfo[] },
): Promise<void> => {
  const folder = join(directory, "journal", location, `p-2147483646-${++segments}-abc`);
  await mkdir(folder, { recursive: true });
  const { spans, infos = [] } = content;
  const request = {
    resourceSpans: [{ resource: { attributes: toKeyValues({ "service.name": "test" }) }, scopeSpans: [{ spans }] }],
  };
  const bytes = Buffer.concat([
    encodeJournalHeader({ version: 1, location, createdUnixMillis: 1 }),
    encodeJournalFrame({ type: JournalFrameType.SPANS, recordCount: spans.length, body: encodeTraceRequest(request) }),
    ...infos.map((info) =>
      encodeJournalFrame({
        type: JournalFrameType.TRACE_INFO,
        recordCount: 1,
        body: Buffer.from(JSON.stringify(info)),
      }),
    ),
  ]);
  await writeFile(join(folder, "000001.seg"), bytes);
};

export const okTrace = "aaaa0000000000000000000000000001";
export const toolErrorTrace = "aaaabbbb000000000000000000000002";
export const failedTrace = "cccc0000000000000000000000000003";
export const rootlessTrace = "dddd0000000000000000000000000004";
export const prefixTrace = "eeee0000000000000000000000000005";

const chat = (input: number, output: number): { [key: string]: JsonValue } => ({
  "mlflow.spanType": "CHAT_MODEL",
  "mlflow.llm.model": "gemma-3-270m",
  "mlflow.chat.tokenUsage": { input_tokens: input, output_tokens: output, total_tokens: input + output },
  "mlflow.spanInputs": { messages: [{ role: "user", content: "Where is FH-1071?" }] },
  "mlflow.spanOutputs": { content: "I am sorry." },
});

const agentSpans = (trace: string, fromMillis: number, tool: { error?: string }): Span[] => [
  spanAt({ trace, span: 1 }, fromMillis, fromMillis + 303, {
    name: "answer_ticket",
    attributes: {
      "mlflow.spanType": "CHAIN",
      "mlflow.spanInputs": { messages: [{ role: "user", content: "Where is FH-1071?" }] },
    },
  }),
  spanAt({ trace, span: 2, parent: 1 }, fromMillis + 1, fromMillis + 13, {
    name: "search_documents",
    attributes: { "mlflow.spanType": "RETRIEVER" },
  }),
  spanAt({ trace, span: 3, parent: 2 }, fromMillis + 2, fromMillis + 12, {
    name: "Embeddings",
    attributes: { "mlflow.spanType": "EMBEDDING" },
  }),
  spanAt({ trace, span: 4, parent: 1 }, fromMillis + 14, fromMillis + 134, {
    name: "Completions",
    attributes: chat(1412, 23),
  }),
  spanAt({ trace, span: 5, parent: 1 }, fromMillis + 136, fromMillis + 287, {
    name: "lookup_order",
    attributes: { "mlflow.spanType": "TOOL", "mlflow.spanInputs": { orderId: "FH-1071" } },
    ...tool,
  }),
];

const infoOf = (trace: string, given: Partial<TraceInfo> = {}): TraceInfo => ({
  trace_id: trace,
  state: "OK",
  trace_metadata: {
    "mlflow.trace.session": "chat-7f21",
    "mlflow.trace.user": "amelie.roux",
    "mlflow.trace.tokenUsage": JSON.stringify({ input_tokens: 1412, output_tokens: 23, total_tokens: 1435 }),
  },
  tags: { "mlflow.traceName": "answer_ticket", channel: "chat" },
  ...given,
});

/** Two traces that went well (one with a failed tool), one that failed, one without a root, and one at a prefix. */
export const fillWorkspace = async (directory: string): Promise<void> => {
  await writeJournal(directory, "my_catalog.my_schema", {
    spans: [
      ...agentSpans(okTrace, 0, {}),
      ...agentSpans(toolErrorTrace, 1000, { error: "Osprey gave no answer in 150 ms" }),
      spanAt({ trace: failedTrace, span: 1 }, 2000, 2001, {
        name: "evil\u001b[31m\u0007name\u202e",
        error: "boom\nat line 2\u001b]0;owned\u0007",
      }),
      spanAt({ trace: rootlessTrace, span: 9, parent: 8 }, 3000, 3500, { name: "orphan" }),
    ],
    infos: [infoOf(okTrace), infoOf(toolErrorTrace)],
  });
  await writeJournal(directory, "main.agents.shop", {
    spans: [
      spanAt({ trace: prefixTrace, span: 1 }, 4000, 4100, {
        name: "shop_agent",
        attributes: {
          "mlflow.spanType": "AGENT",
          "mlflow.spanInputs": { question: "How many tents?" },
          "mlflow.spanOutputs": { answer: "Three", big: 9_007_199_254_740_993n },
        },
      }),
      spanAt({ trace: prefixTrace, span: 2, parent: 1 }, 4001, 4090, { name: "Completions", attributes: chat(10, 5) }),
    ],
    infos: [infoOf(prefixTrace, { tags: { channel: "web" } })],
  });
};
