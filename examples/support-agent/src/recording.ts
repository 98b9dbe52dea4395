import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";

/** A piece of a response body, as it came off the socket. */
export interface RecordedChunk {
  /** Since the request was sent. */
  afterMillis: number;
  text: string;
}

/** One answer of the model server. Requests are kept as a hash, since the agent makes the same ones again. */
export interface RecordedExchange {
  key: string;
  method: string;
  path: string;
  status: number;
  contentType: string;
  chunks: RecordedChunk[];
}

export const recordingsFolder = new URL("../recordings/", import.meta.url);

/** The same for two requests that differ only in headers, in the query or in the order of the JSON body's keys. */
export function exchangeKey(method: string, path: string, body: string): string {
  const normalised = body === "" ? "" : JSON.stringify(sortKeys(JSON.parse(body)));
  return createHash("sha256").update(`${method} ${path}\n${normalised}`).digest("hex").slice(0, 16);
}

/** All recorded exchanges by key. */
export function readRecordings(folder: URL = recordingsFolder): Map<string, RecordedExchange> {
  const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
  return new Map(
    files
      .flatMap((name) => JSON.parse(readFileSync(new URL(name, folder), "utf8")) as RecordedExchange[])
      .map((exchange) => [exchange.key, exchange]),
  );
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, child]) => [key, sortKeys(child)]));
}
