import { stringifyJson, type JsonValue } from "@tracelake/wire";
import { isThenable } from "../is-thenable.ts";
import { describeMediaText, shortestMedia } from "./media.ts";
import { budgetOf } from "./redaction-budget.ts";
import { snapshot, snapshotText } from "./snapshot.ts";
import { cutToBytes, truncateText, withinBytes } from "./truncate.ts";

/** What a captured value is, for a redaction function that treats them differently. */
export interface CapturedField {
  readonly field: "inputs" | "outputs" | "attribute" | "event" | "exception" | "preview" | "log";
  readonly spanName: string;
  /** The attribute or event key, where there is one. */
  readonly key?: string;
}

/** What of the observed data may be recorded. It is applied once, before anything else sees the data. */
export interface CapturePolicy {
  /** `false` records no inputs, outputs, tool definitions, previews, event contents or error messages. Default `true`. */
  readonly content: boolean;
  /**
   * Sees a plain copy of every captured value and returns what to record instead, not a promise of it. If it throws, the
   * value is replaced by a marker, and so is every value for a minute where it took longer than 50 ms, and 150 ms for each
   * million characters, three times in a row: data that could not be redacted is never recorded.
   */
  readonly redact?: (value: JsonValue, field: CapturedField) => JsonValue;
  /** The largest captured value in bytes of UTF-8; longer ones are cut and marked. Default 4 MiB. */
  readonly maxValueBytes: number;
  /** `"placeholder"` (default) replaces base64 media by its kind, size and SHA-256; `"keep"` records it whole. */
  readonly media: "placeholder" | "keep";
}

/** What holds where nothing is said: content is recorded up to 4 MiB a value, media as placeholders, and nothing is redacted. */
export const defaultCapturePolicy: CapturePolicy = {
  content: true,
  maxValueBytes: 4 * 1024 * 1024,
  media: "placeholder",
};

const redactionFailed = "[Redaction failed]";
const redactionTooSlow = "[Redaction too slow]";

const redacted = (policy: CapturePolicy, value: JsonValue, field: CapturedField): JsonValue => {
  const { redact } = policy;
  if (redact === undefined) return value;
  try {
    const budget = budgetOf(redact);
    if (!budget.hasTime) return redactionTooSlow;
    const result: unknown = budget.spend(
      () => redact(value, field),
      () => stringifyJson(value).length,
    );
    if (!isThenable(result)) return snapshot(result, { keepMedia: true });
    // Nobody waits for it, and its rejection must not end the process.
    result.then(undefined, () => {});
    return redactionFailed;
  } catch {
    return redactionFailed;
  }
};

/** A plain copy of a value as the policy's redaction leaves it; a marker where that fails. */
export const redactValue = (policy: CapturePolicy, value: unknown, field: CapturedField): JsonValue =>
  redacted(policy, snapshot(value, { keepMedia: policy.media === "keep" }), field);

/** JSON text of a value as the policy allows it to be recorded; `undefined` where content is switched off. */
export const captureJson = (policy: CapturePolicy, value: unknown, field: CapturedField): string | undefined => {
  if (!policy.content) return undefined;
  const keepMedia = policy.media === "keep";
  const text =
    policy.redact === undefined
      ? snapshotText(value, { keepMedia })
      : JSON.stringify(redactValue(policy, value, field));
  return withinBytes(text, policy.maxValueBytes);
};

/** Whether a text is surely recorded just as it is, content or not. Every UTF-16 unit takes at most three bytes. */
export const isRecordedAsIs = ({ redact, maxValueBytes, media }: CapturePolicy, text: string): boolean =>
  redact === undefined && text.length * 3 <= maxValueBytes && (text.length < shortestMedia || media === "keep");

/** Text as the policy allows it to be recorded; `undefined` where content is switched off. */
export const captureText = (policy: CapturePolicy, text: string, field: CapturedField): string | undefined => {
  if (!policy.content) return undefined;
  const described = policy.media === "keep" ? text : (describeMediaText(text) ?? text);
  const value = redacted(policy, cutToBytes(described, policy.maxValueBytes * 2), field);
  return truncateText(typeof value === "string" ? value : JSON.stringify(value), policy.maxValueBytes);
};

/** A number or truth value as the policy's redaction leaves it: what becomes of it beside those is text. */
export const captureScalar = (
  policy: CapturePolicy,
  value: number | boolean,
  field: CapturedField,
): string | number | boolean => {
  if (policy.redact === undefined) return value;
  const result = redacted(policy, value, field);
  if (typeof result === "number" || typeof result === "boolean") return result;
  return truncateText(typeof result === "string" ? result : stringifyJson(result), policy.maxValueBytes);
};
