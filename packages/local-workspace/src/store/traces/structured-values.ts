import {
  mlflowAttributePrefix,
  SpanAttributeKey,
  readAnyValueText,
  type AnyValue,
  type KeyValue,
  type Span,
} from "@tracelake/wire";

const parsed = (text: string): AnyValue | undefined => {
  try {
    return readAnyValueText(text);
  } catch {
    return undefined;
  }
};

const structured = ({ key, value = {} }: KeyValue): KeyValue =>
  key.startsWith(mlflowAttributePrefix) && "stringValue" in value
    ? { key, value: parsed(value.stringValue ?? "") ?? value }
    : { key, value };

const isJsonText = (value: AnyValue | undefined): boolean =>
  value !== undefined && "stringValue" in value && /^"[^"]*"$/.test(value.stringValue ?? "");

/**
 * The span with values in place of the JSON texts that MLflow's TypeScript SDK sends under its own keys. Its spans are
 * told by their type, which nobody else writes in quotes.
 */
export const structuredMlflowValues = (span: Span): Span => {
  const type = span.attributes.find(({ key }) => key === SpanAttributeKey.SPAN_TYPE);
  return isJsonText(type?.value) ? { ...span, attributes: span.attributes.map(structured) } : span;
};
