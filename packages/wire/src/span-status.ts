/** OTLP's status codes by number, under the names that Databricks' tables hold. */
export const StatusCode = { STATUS_CODE_UNSET: 0, STATUS_CODE_OK: 1, STATUS_CODE_ERROR: 2 } as const;
export type StatusCode = keyof typeof StatusCode;

/** OTLP's span kinds by number, under the names that Databricks' tables hold. The OpenTelemetry API counts from 0 instead. */
export const SpanKind = {
  SPAN_KIND_UNSPECIFIED: 0,
  SPAN_KIND_INTERNAL: 1,
  SPAN_KIND_SERVER: 2,
  SPAN_KIND_CLIENT: 3,
  SPAN_KIND_PRODUCER: 4,
  SPAN_KIND_CONSUMER: 5,
} as const;
export type SpanKind = keyof typeof SpanKind;

const nameIn = <T extends Record<string, number>>(names: T, fallback: keyof T) => {
  const byNumber = new Map(Object.entries(names).map(([name, number]) => [number, name as keyof T]));
  return (number: number | undefined): keyof T => byNumber.get(number ?? 0) ?? fallback;
};

/** `STATUS_CODE_OK` for 1, and so on; an unknown number reads as unset. */
export const statusCodeName: (number: number | undefined) => StatusCode = nameIn(StatusCode, "STATUS_CODE_UNSET");

/** `SPAN_KIND_INTERNAL` for 1, and so on; an unknown number reads as unspecified. */
export const spanKindName: (number: number | undefined) => SpanKind = nameIn(SpanKind, "SPAN_KIND_UNSPECIFIED");
