import { leavesOf } from "./content.mjs";

/**
 * Reads only what a benchmark asks about out of an OTLP trace request. It knows nothing of the exporters' own code, so it
 * can contradict it.
 *
 * @see https://github.com/open-telemetry/opentelemetry-proto/blob/v1.9.0/opentelemetry/proto/trace/v1/trace.proto
 */
const varintAt = (bytes, at) => {
  let value = 0;
  let factor = 1;
  for (;;) {
    const byte = bytes[at++];
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return [value, at];
    factor *= 128;
  }
};

const fixedBytes = { 1: 8, 5: 4 };

/** Calls `visit(number, start, end, value)` for each field of a message; `value` is that of a varint. */
const fields = (bytes, start, end, visit) => {
  for (let at = start; at < end;) {
    let tag;
    [tag, at] = varintAt(bytes, at);
    const wireType = tag & 7;
    if (wireType === 0) {
      const [value, next] = varintAt(bytes, at);
      visit(tag >>> 3, at, next, value);
      at = next;
    } else if (wireType === 2) {
      const [length, from] = varintAt(bytes, at);
      at = from + length;
      visit(tag >>> 3, from, at);
    } else {
      if (fixedBytes[wireType] === undefined) throw new Error(`wire type ${wireType}`);
      visit(tag >>> 3, at, at + fixedBytes[wireType]);
      at += fixedBytes[wireType];
    }
    if (at > end) throw new Error("a field is longer than its message");
  }
};

/** The texts of an `AnyValue`, in order: 1 is text, 5 an array, 6 a map of key (1) and value (2). */
const textsOf = (bytes, start, end, into) => {
  fields(bytes, start, end, (number, from, to) => {
    if (number === 1) into.push(bytes.toString("utf8", from, to));
    if (number === 5) fields(bytes, from, to, (_, a, b) => textsOf(bytes, a, b, into));
    if (number !== 6) return;
    fields(bytes, from, to, (_, a, b) =>
      fields(bytes, a, b, (part, valueStart, valueEnd) => {
        if (part === 2) textsOf(bytes, valueStart, valueEnd, into);
      }),
    );
  });
  return into;
};

const intOf = (bytes, start, end) => {
  let found;
  fields(bytes, start, end, (number, _from, _to, value) => {
    if (number === 3) found = value;
  });
  return found;
};

const spanOf = (bytes, start, end) => {
  const span = { id: undefined, inputs: "" };
  fields(bytes, start, end, (number, from, to) => {
    if (number !== 9) return;
    let key = "";
    fields(bytes, from, to, (part, a, b) => {
      if (part === 1) key = bytes.toString("utf8", a, b);
      else if (key === "bench.id") span.id = intOf(bytes, a, b);
      else if (key === "mlflow.spanInputs") {
        const texts = textsOf(bytes, a, b, []);
        // As one text it is JSON; otherwise it was sent as a structure.
        const isJson = texts.length === 1 && texts[0].startsWith("{");
        span.inputs = (isJson ? leavesOf(parsed(texts[0])) : texts).join("");
      }
    });
  });
  return span;
};

const parsed = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

/** `{ id, inputs }` of every span of a request: its number, and all texts of its inputs. */
export const spansOf = (body) => {
  const spans = [];
  fields(body, 0, body.length, (_, a, b) =>
    fields(body, a, b, (inResource, c, d) => {
      if (inResource !== 2) return;
      fields(body, c, d, (inScope, e, f) => {
        if (inScope === 2) spans.push(spanOf(body, e, f));
      });
    }),
  );
  return spans;
};
