import type { KeyValue, Span, TraceInfo, TraceRequest } from "@tracelake/wire";
import type { RecordedRequest } from "../../packages/uc-exporter/test/recording-server.ts";
import { decodeRequests, spansOf, type WorkspaceRecorder } from "./workspace-recorder.ts";

/** Everything one client has written, by what it is: `answer question: attribute mlflow.spanInputs` and so on. */
export type Writing = ReadonlyMap<string, unknown>;

// Every trace has an id of its own.
const maskIds = (value: unknown): unknown =>
  typeof value === "string" ? value.replaceAll(/(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])/g, "<trace id>") : value;

const attributesOf = (prefix: string, attributes: readonly KeyValue[] = []): [string, unknown][] =>
  // In OTLP's own form: whether a number is an integer, and whether a list is one or a text, is what is compared.
  attributes.map(({ key, value }) => [`${prefix} attribute ${key}`, normalizeValue(value)]);

// An empty key or value is left out of protobuf by one encoder and written by the other; both read the same.
const normalizeValue = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(normalizeValue);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return maskIds(value);
  const entries = Object.entries(value).map(([key, item]): [string, unknown] => [key, normalizeValue(item)]);
  return Object.fromEntries(
    entries.filter(([key, item]) => !(key === "key" && item === "") && !(key === "value" && isEmptyObject(item))),
  );
};

const isEmptyObject = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Object.keys(value).length === 0;

const writingOfSpan = (span: Span, all: readonly Span[]): [string, unknown][] => {
  const { name: ownName = "", attributes, events, links, traceId, spanId, parentSpanId, status, ...fields } = span;
  const parent = all.find((candidate) => candidate.traceId === traceId && candidate.spanId === parentSpanId);
  const name = parent === undefined ? ownName : `${parent.name} / ${ownName}`;
  return [
    [`${name}: parent`, parent?.name],
    [`${name}: id lengths`, [traceId?.length, spanId?.length, parentSpanId?.length]],
    [`${name}: status`, status],
    ...Object.entries(fields).map(([key, value]): [string, unknown] => [`${name}: ${key}`, value]),
    ...attributesOf(`${name}:`, attributes),
    ...events.flatMap((event, index): [string, unknown][] => [
      [`${name}: event ${index}`, event.name],
      [`${name}: event ${index} time`, event.timeUnixNano],
      ...attributesOf(`${name}: event ${index}`, event.attributes),
    ]),
    ...links.map((link, index): [string, unknown] => [`${name}: link ${index}`, link]),
  ];
};

const leaves = (path: string, value: unknown): [string, unknown][] =>
  typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([key, item]) => leaves(`${path} ${key}`, item))
    : [[path, maskIds(value)]];

const writingOfInfo = ({ body, path, method }: RecordedRequest): [string, unknown][] => {
  const info = JSON.parse(body.toString("utf8")) as TraceInfo;
  const name = info.tags["mlflow.traceName"];
  return [[`${name}: info request`, `${method} ${String(maskIds(path))}`], ...leaves(`${name}: info`, info)];
};

const headersOf = (prefix: string, requests: readonly RecordedRequest[]): [string, unknown][] =>
  requests.flatMap(({ headers }) =>
    ["content-type", "content-encoding", "authorization", "x-databricks-uc-table-name", "user-agent"].map(
      (name): [string, unknown] => [`${prefix} header ${name}`, headers[name]],
    ),
  );

const resourcesOf = (requests: readonly TraceRequest[]): [string, unknown][] =>
  requests
    .flatMap(({ resourceSpans }) => resourceSpans)
    .flatMap(({ resource, scopeSpans }) => [
      ...attributesOf("resource:", resource?.attributes),
      ...scopeSpans.map(({ scope }): [string, unknown] => ["scope", scope?.name]),
    ]);

/** Flattens what a recorder was sent. */
export const writingOf = (recorder: WorkspaceRecorder): Writing => {
  const spans = spansOf(recorder.spanRequests());
  return new Map<string, unknown>(
    [
      ...headersOf("spans:", recorder.spanRequests()),
      ...headersOf("info:", recorder.infoRequests()),
      ...recorder.spanRequests().map(({ method, path }): [string, unknown] => ["spans: request", `${method} ${path}`]),
      ...resourcesOf(decodeRequests(recorder.spanRequests())),
      ...spans.flatMap((span) => writingOfSpan(span, spans)),
      ...recorder.infoRequests().flatMap(writingOfInfo),
      // Zero is what an absent number means in protobuf.
    ].filter(([, value]) => value !== undefined && value !== 0),
  );
};

/** Where two clients wrote something different, and what. */
export type Differences = ReadonlyMap<string, { readonly ours: unknown; readonly theirs: unknown }>;

export const differencesOf = (ours: Writing, theirs: Writing): Differences => {
  const found = new Map<string, { ours: unknown; theirs: unknown }>();
  for (const key of new Set([...ours.keys(), ...theirs.keys()])) {
    const pair = { ours: ours.get(key), theirs: theirs.get(key) };
    if (printable(pair.ours) !== printable(pair.theirs)) found.set(key, pair);
  }
  return found;
};

const printable = (value: unknown): string | undefined =>
  JSON.stringify(value, (_, item: unknown) => (typeof item === "bigint" ? `int ${item}` : item));
