import {
  decodeTraceRequest,
  encodeTraceRequest,
  StatusCode,
  type AnyValue,
  type KeyValue,
  type RequestPart,
  type Span,
  type TraceRequest,
} from "@tracelake/wire";

/** Set on a span whose values were cut: the size in bytes that its request had. */
export const cutAttributeKey = "tracelake.cut.original_bytes";

const firstTextCharacters = 256 * 1024;
const leastTextCharacters = 64;

/** The beginning of a text that is longer, with a mark that says so. */
export const cutMarked = (text: string, mostCharacters: number): string =>
  text.length <= mostCharacters
    ? text
    : `${text.slice(0, mostCharacters).replace(/[\ud800-\udbff]$/, "")}… [cut, ${text.length} characters]`;

const cutValue = (value: AnyValue, mostCharacters: number): AnyValue => {
  if ("stringValue" in value) return { stringValue: cutMarked(value.stringValue, mostCharacters) };
  if ("arrayValue" in value)
    return { arrayValue: { values: value.arrayValue.values.map((item) => cutValue(item, mostCharacters)) } };
  if ("kvlistValue" in value)
    return { kvlistValue: { values: cutAttributes(value.kvlistValue.values, mostCharacters) } };
  if ("bytesValue" in value && value.bytesValue.length > mostCharacters)
    return { stringValue: `[cut, ${value.bytesValue.length} bytes]` };
  return value;
};

const cutAttributes = (attributes: readonly KeyValue[], mostCharacters: number): KeyValue[] =>
  attributes.map(({ key, value }) => ({
    key: cutMarked(key, Math.max(mostCharacters, 256)),
    ...(value === undefined ? {} : { value: cutValue(value, mostCharacters) }),
  }));

const withMark = (attributes: readonly KeyValue[], originalBytes: number): KeyValue[] => [
  ...attributes.filter(({ key }) => key !== cutAttributeKey),
  { key: cutAttributeKey, value: { intValue: BigInt(originalBytes) } },
];

const cutSpan = (span: Span, mostCharacters: number, originalBytes: number): Span => ({
  ...span,
  name: cutMarked(span.name ?? "", Math.max(mostCharacters, 256)),
  attributes: withMark(cutAttributes(span.attributes, mostCharacters), originalBytes),
  events: span.events.map((event) => ({ ...event, attributes: cutAttributes(event.attributes, mostCharacters) })),
});

/** The span without what it said: its place in the trace, its times and its status. */
const skeletonOf = (span: Span, originalBytes: number): Span => ({
  ...span,
  name: cutMarked(span.name ?? "", 256),
  attributes: withMark([], originalBytes),
  events: [],
  links: span.links.slice(0, 16).map((link) => ({ ...link, attributes: [] })),
  droppedAttributesCount: span.attributes.length,
  droppedEventsCount: span.events.length,
});

const mapSpans = (request: TraceRequest, map: (span: Span) => Span[]): TraceRequest => ({
  resourceSpans: request.resourceSpans.map((resource) => ({
    ...resource,
    scopeSpans: resource.scopeSpans.map((scope) => ({ ...scope, spans: scope.spans.flatMap(map) })),
  })),
});

/** How what waits for its destination is made smaller before it is given up: one step after the other. */
export const Thinning = { NONE: 0, BEGINNINGS: 1, ROOTS_AND_ERRORS: 2 } as const;
export type Thinning = (typeof Thinning)[keyof typeof Thinning];

const thinnedTextCharacters = 128;

const isRootOrError = ({ parentSpanId = "", status }: Span): boolean =>
  parentSpanId === "" || status?.code === StatusCode.STATUS_CODE_ERROR;

const countSpans = ({ resourceSpans }: TraceRequest): number =>
  resourceSpans.reduce((sum, { scopeSpans }) => sum + scopeSpans.reduce((n, { spans }) => n + spans.length, 0), 0);

/**
 * A trace request after a step of thinning: with the beginnings of its texts only, or with nothing but the roots of traces
 * and what failed. `undefined` where no span is left.
 */
export const thinTraceRequest = (request: Uint8Array, step: Thinning): RequestPart | undefined => {
  const decoded = decodeTraceRequest(request);
  const thinned =
    step === Thinning.BEGINNINGS
      ? mapSpans(decoded, (span) => [cutSpan(span, thinnedTextCharacters, request.length)])
      : mapSpans(decoded, (span) => (isRootOrError(span) ? [span] : []));
  const recordCount = countSpans(thinned);
  return recordCount === 0 ? undefined : { bytes: encodeTraceRequest(thinned), recordCount };
};

/**
 * A trace request with its longest texts cut until it has at most `mostBytes`; where its number of values alone is
 * too much, its spans keep their place in the trace only. Spans that were cut say so.
 *
 * @returns `undefined` where even that is larger.
 */
export const cutTraceRequest = (request: Uint8Array, mostBytes: number): Uint8Array | undefined => {
  const decoded = decodeTraceRequest(request);
  for (let characters = firstTextCharacters; characters >= leastTextCharacters; characters /= 2) {
    if (characters > mostBytes) continue;
    const cut = encodeTraceRequest(mapSpans(decoded, (span) => [cutSpan(span, characters, request.length)]));
    if (cut.length <= mostBytes) return cut;
  }
  const skeleton = encodeTraceRequest(mapSpans(decoded, (span) => [skeletonOf(span, request.length)]));
  return skeleton.length <= mostBytes ? skeleton : undefined;
};
