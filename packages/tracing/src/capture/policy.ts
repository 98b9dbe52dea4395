import type { JsonValue } from "@tracelake/wire";
import { snapshot } from "./snapshot.ts";
import { cutToBytes, stringifyWithin, truncateText } from "./truncate.ts";

/** What a captured value is, for a redaction function that treats them differently. */
export interface CapturedField {
  readonly field: "inputs" | "outputs" | "attribute" | "event" | "exception" | "preview";
  readonly spanName: string;
  /** The attribute or event key, where there is one. */
  readonly key?: string;
}

/** What of the observed data may be recorded. It is applied once, before anything else sees the data. */
export interface CapturePolicy {
  /** `false` records no inputs, outputs, tool definitions, previews, event contents or error messages. Default `true`. */
  readonly content: boolean;
  /**
   * Sees a plain copy of every captured value and returns what to record instead. If it throws, the value is replaced by
   * a marker: data that could not be redacted is never recorded.
   */
  readonly redact?: (value: JsonValue, field: CapturedField) => JsonValue;
  /** The largest captured value in bytes of UTF-8; longer ones are cut and marked. Default 4 MiB. */
  readonly maxValueBytes: number;
  /** `"placeholder"` (default) replaces base64 media by its kind, size and SHA-256; `"keep"` records it whole. */
  readonly media: "placeholder" | "keep";
}

export const defaultCapturePolicy: CapturePolicy = {
  content: true,
  maxValueBytes: 4 * 1024 * 1024,
  media: "placeholder",
};

const redactionFailed = "[Redaction failed]";

const redacted = (policy: CapturePolicy, value: JsonValue, field: CapturedField): JsonValue => {
  if (policy.redact === undefined) return value;
  try {
    return snapshot(policy.redact(value, field), { keepMedia: true });
  } catch {
    return redactionFailed;
  }
};

/** JSON text of a value as the policy allows it to be recorded; `undefined` where content is switched off. */
export const captureJson = (policy: CapturePolicy, value: unknown, field: CapturedField): string | undefined => {
  if (!policy.content) return undefined;
  const copied = snapshot(value, { keepMedia: policy.media === "keep" });
  return stringifyWithin(redacted(policy, copied, field), policy.maxValueBytes);
};

/** Text as the policy allows it to be recorded; `undefined` where content is switched off. */
export const captureText = (policy: CapturePolicy, text: string, field: CapturedField): string | undefined => {
  if (!policy.content) return undefined;
  const value = redacted(policy, cutToBytes(text, policy.maxValueBytes * 2), field);
  return truncateText(typeof value === "string" ? value : JSON.stringify(value), policy.maxValueBytes);
};
