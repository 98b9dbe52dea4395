import {
  ErrorCode,
  formatTraceId,
  parseLocation,
  quoteForMessage,
  TracelakeError,
  type UnityCatalogLocation,
} from "@tracelake/wire";
import { findTraceTables, type TraceTables } from "./locations.ts";
import type { SqlSource } from "./sql-source.ts";
import { idsStartingWith, newestSummaries, summaryOf } from "./summaries.ts";
import type { TraceSummary } from "./trace.ts";

export interface FoundTrace {
  readonly tables: TraceTables;
  readonly summary: TraceSummary;
}

const mostCandidates = 6;
const wholeIdCharacters = 32;

/**
 * The trace that `reference` means: `latest`, an MLflow id in any form, or the first characters of one.
 *
 * @throws {TracelakeError} `TRACE_ID_INVALID` where it is no id or means several traces, `TRACE_NOT_FOUND`.
 */
export const findTrace = async (
  source: SqlSource,
  reference: string,
  only?: UnityCatalogLocation,
): Promise<FoundTrace> => {
  if (reference === "latest") return latestTrace(source, only);
  const { location, prefix } = parseReference(reference);
  const places = await findTraceTables(source, location ?? only);
  const candidates: { tables: TraceTables; traceId: string }[] = [];
  for (const tables of places) {
    const ids = await idsStartingWith(source, tables, { prefix, limit: mostCandidates });
    candidates.push(...ids.map((traceId) => ({ tables, traceId })));
  }
  const [first, ...others] = candidates;
  if (first === undefined) throw notFound(`no trace has the id ${quoteForMessage(reference)}`);
  if (others.length > 0) throw ambiguous(reference, candidates);
  const summary = await summaryOf(source, first.tables, first.traceId);
  if (summary === undefined) throw notFound(`no trace has the id ${quoteForMessage(reference)}`);
  return { tables: first.tables, summary };
};

const latestTrace = async (source: SqlSource, only: UnityCatalogLocation | undefined): Promise<FoundTrace> => {
  let latest: FoundTrace | undefined;
  for (const tables of await findTraceTables(source, only)) {
    const [summary] = await newestSummaries(source, tables, { limit: 1 });
    if (summary === undefined) continue;
    if (latest === undefined || summary.startTimeUnixNano > latest.summary.startTimeUnixNano)
      latest = { tables, summary };
  }
  if (latest === undefined) throw notFound("the workspace holds no traces yet");
  return latest;
};

const parseReference = (
  reference: string,
): { readonly location: UnityCatalogLocation | undefined; readonly prefix: string } => {
  const match = /^(?:trace:\/([^/]+)\/|tr-)?([0-9a-f]+)$/.exec(reference.toLowerCase());
  const prefix = match?.[2];
  if (prefix === undefined || prefix.length > wholeIdCharacters) {
    throw new TracelakeError(ErrorCode.TRACE_ID_INVALID, {
      failed: "The trace id cannot be read",
      seen: quoteForMessage(reference),
      remedy:
        'Write "latest", an id such as "tr-…" or "trace:/catalog.schema/…", or the first of its 32 hexadecimal characters.',
    });
  }
  return { location: match?.[1] === undefined ? undefined : parseLocation(match[1]), prefix };
};

const notFound = (seen: string): TracelakeError =>
  new TracelakeError(ErrorCode.TRACE_NOT_FOUND, {
    failed: "The trace was not found",
    seen,
    remedy: "List what there is with `tracelake traces`.",
  });

const ambiguous = (
  reference: string,
  candidates: readonly { readonly tables: TraceTables; readonly traceId: string }[],
): TracelakeError => {
  const shown = candidates
    .slice(0, mostCandidates - 1)
    .map(({ tables, traceId }) => formatTraceId(traceId, tables.location));
  const more = candidates.length > shown.length ? " and more" : "";
  return new TracelakeError(ErrorCode.TRACE_ID_INVALID, {
    failed: `The id ${quoteForMessage(reference)} means more than one trace`,
    seen: `${shown.join(", ")}${more}`,
    remedy: "Write more of its characters, or the whole id with its location.",
  });
};
