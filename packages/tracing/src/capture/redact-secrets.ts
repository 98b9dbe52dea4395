import type { JsonValue } from "@tracelake/wire";
import { isCardNumber } from "./check-digits.ts";
import type { Finding } from "./secret-finder.ts";
import { secretKinds, secretNames } from "./secret-kinds.ts";

const markerOf = (kind: string): string => `[redacted ${kind}]`;

const shortestSecret = 8;

/** Text with every secret that is known by its form replaced by `[redacted <kind>]`. */
const redactText = (text: string): string => {
  if (text.length < shortestSecret) return text;
  const findings: Finding[] = [];
  for (const finder of secretKinds) for (const finding of finder.find(text)) findings.push(finding);
  if (findings.length === 0) return text;
  findings.sort((a, b) => a.start - b.start || b.end - a.end);
  const parts: string[] = [];
  let end = 0;
  for (const finding of findings) {
    // What begins inside of another finding is covered by its marker, and so is what of it reaches further.
    if (finding.start >= end) parts.push(text.slice(end, finding.start), markerOf(finding.kind));
    end = Math.max(end, finding.end);
  }
  parts.push(text.slice(end));
  return parts.join("");
};

const isSecretName = (key: string): boolean => secretNames.has(key.toLowerCase().replaceAll(/[_-]/g, ""));

// https://json-schema.org/draft/2020-12/json-schema-validation#section-6.1.1, which some models want in capitals.
const schemaTypes: ReadonlySet<unknown> = new Set(
  ["string", "number", "integer", "boolean", "object", "array", "null"].flatMap((type) => [type, type.toUpperCase()]),
);

// A tool that takes a password says so in a schema, whose property of that name holds none.
const isSchema = (value: JsonValue): boolean => {
  if (typeof value !== "object" || value === null) return false;
  const type: unknown = "type" in value ? value.type : undefined;
  return "$ref" in value || "anyOf" in value || [type].flat().some((one) => schemaTypes.has(one));
};

const redactProperty = (key: string, value: JsonValue): JsonValue => {
  const isEmpty = value === null || value === "" || typeof value === "boolean";
  if (isEmpty || !isSecretName(key) || isSchema(value)) return redactSecrets(value);
  return markerOf("assigned-secret");
};

/**
 * A redaction for the capture policy: `start({ capture: { redact: redactSecrets } })`. It replaces what is known by its
 * form to be a secret — keys and tokens of more than sixty services, JSON web tokens, private keys, `Authorization` headers,
 * passwords in URLs and assignments, payment cards and IBANs with right check digits — and the values of properties
 * called like one, by `[redacted <kind>]`. Names, addresses and secrets without a form stay: they need a redaction of
 * yours, which may call this one.
 *
 * Its time grows with the size of the value and no faster, whatever stands in it.
 */
export const redactSecrets = (value: JsonValue): JsonValue => {
  switch (typeof value) {
    case "string":
      return redactText(value);
    case "number":
    case "bigint":
      return isCardNumber(String(value)) ? markerOf("card-number") : value;
    case "object":
      if (value === null) return null;
      if (Array.isArray(value)) return value.map((item: JsonValue) => redactSecrets(item));
      return Object.fromEntries(
        Object.entries(value).map(([key, item]) => [redactText(key), redactProperty(key, item)]),
      );
    default:
      return value;
  }
};
