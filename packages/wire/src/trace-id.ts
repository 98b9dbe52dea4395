import { ErrorCode, TracelakeError } from "./errors.ts";
import { formatLocation, parseLocation, type UnityCatalogLocation } from "./location.ts";
import { quoteForMessage } from "./quote.ts";

/** What an MLflow trace id says: the OpenTelemetry id, and the location where the id belongs to Unity Catalog. */
export interface ParsedTraceId {
  /** 32 lower-case hexadecimal characters. */
  readonly otelTraceId: string;
  readonly location: UnityCatalogLocation | undefined;
}

const otelTraceIdPattern = /^[0-9a-f]{32}$/;

/**
 * The MLflow trace id: `trace:/<location>/<32 hex>` in Unity Catalog, `tr-<32 hex>` elsewhere.
 *
 * @see https://github.com/mlflow/mlflow/blob/master/mlflow/tracing/utils/__init__.py
 */
export const formatTraceId = (otelTraceId: string, location?: UnityCatalogLocation): string =>
  location === undefined ? `tr-${otelTraceId}` : `trace:/${formatLocation(location)}/${otelTraceId}`;

/**
 * Reads any of the forms: `trace:/<location>/<32 hex>`, `tr-<32 hex>` or the bare 32 hexadecimal characters.
 *
 * @throws {TracelakeError} `TRACE_ID_INVALID`
 */
export const parseTraceId = (text: string): ParsedTraceId => {
  const inCatalog = /^trace:\/([^/]+)\/([0-9a-f]{32})$/.exec(text);
  if (inCatalog?.[1] !== undefined && inCatalog[2] !== undefined) {
    return { otelTraceId: inCatalog[2], location: parseLocation(inCatalog[1]) };
  }
  const bare = text.startsWith("tr-") ? text.slice(3) : text;
  if (otelTraceIdPattern.test(bare)) return { otelTraceId: bare, location: undefined };
  throw new TracelakeError(ErrorCode.TRACE_ID_INVALID, {
    failed: "The trace id cannot be read",
    seen: quoteForMessage(text),
    remedy:
      'Write "trace:/<catalog.schema>/<32 hex characters>", "tr-<32 hex characters>" or the 32 hex characters alone.',
  });
};
