import { hash } from "node:crypto";
import { encodeTraceRequest, parseLocation, toKeyValues } from "@tracelake/wire";
import { exportSpansToUnityCatalog } from "@tracelake/workspace-client";

const answer = "The order has left the warehouse and arrives on Thursday. ".repeat(8);
const tracesPerRequest = 500;

const hex = (number, length) => number.toString(16).padStart(length, "0");

// Real ids come in no order: whoever looks for one cannot know where in a table it is.
const traceIdOf = (index) => hash("sha256", String(index), "hex").slice(0, 32);

/** An agent's span and a model's span below it, with a question and an answer of some hundred characters. */
const spansOf = (index, startMillis) => {
  const start = BigInt(startMillis + index) * 1_000_000n;
  const span = (number, parent, type, millis) => ({
    traceId: traceIdOf(index),
    spanId: hex(number, 16),
    ...(parent === undefined ? {} : { parentSpanId: hex(parent, 16) }),
    name: type.toLowerCase(),
    startTimeUnixNano: start,
    endTimeUnixNano: start + BigInt(millis) * 1_000_000n,
    attributes: toKeyValues({
      "mlflow.spanType": type,
      "mlflow.spanInputs": { messages: [{ role: "user", content: `Where is order ${index}?` }] },
      "mlflow.spanOutputs": { choices: [{ message: { role: "assistant", content: answer } }] },
    }),
    events: [],
    links: [],
    status: { code: 1 },
  });
  return [span(1, undefined, "AGENT", 900), span(2, 1, "CHAT_MODEL", 800)];
};

/** Sends so many traces, a thousand for each second, the last of which ended a minute ago. */
export const fill = async (connection, location, { count }) => {
  const startMillis = Date.now() - 60_000 - count;
  for (let at = 0; at < count; at += tracesPerRequest) {
    const size = Math.min(tracesPerRequest, count - at);
    const spans = Array.from({ length: size }, (_, offset) => spansOf(at + offset, startMillis)).flat();
    const scopeSpans = [{ scope: { name: "bench", attributes: [] }, spans }];
    const body = encodeTraceRequest({ resourceSpans: [{ resource: { attributes: [] }, scopeSpans }] });
    await exportSpansToUnityCatalog(connection, parseLocation(location), body);
  }
};
