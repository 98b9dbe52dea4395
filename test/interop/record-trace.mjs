import { readFileSync } from "node:fs";
import { flush, getLastActiveTraceId, start, startSpan, trace, updateCurrentTrace } from "@tracelake/uc-exporter";

/** OpenTelemetry's pair of seconds and nanoseconds, the only form of a time that keeps every nanosecond. */
const hrTime = (unixNano) => {
  const nanos = BigInt(unixNano);
  return [Number(nanos / 1_000_000_000n), Number(nanos % 1_000_000_000n)];
};

const errorOf = ({ type, message }) => new { [type]: class extends Error {} }[type](message);

const record = (node, options = {}) => {
  const span = startSpan({
    name: node.name,
    spanType: node.spanType,
    startTime: hrTime(node.startUnixNano),
    attributes: node.attributes,
    ...(node.inputs === undefined ? {} : { inputs: node.inputs }),
    ...options,
  });
  span.run(() => {
    if (options.trace !== undefined) updateCurrentTrace(options.trace);
    for (const child of node.children ?? []) record(child);
  });
  for (const link of node.links ?? []) span.addLink({ ...link, traceFlags: 0 });
  for (const event of node.events ?? []) span.addEvent(event.name, event.attributes, hrTime(event.timeUnixNano));
  if (node.tokenUsage !== undefined) span.setTokenUsage(node.tokenUsage);
  if (node.error !== undefined) span.recordException(errorOf(node.error));
  span.end({ ...(node.outputs === undefined ? {} : { outputs: node.outputs }), endTime: hrTime(node.endUnixNano) });
};

start({ destination: JSON.parse(process.env.INTEROP_DESTINATION), serviceName: "interop" });
const traceIds = [];
for (const file of process.argv.slice(2)) {
  const scenario = JSON.parse(readFileSync(file, "utf8"));
  record(scenario.root, { parent: null, trace: scenario.trace });
  traceIds.push(getLastActiveTraceId());
}
const lookUp = trace(function lookUp(order, limit) {
  return [order, limit];
});
lookUp("4711", 2);
traceIds.push(getLastActiveTraceId());
process.stdout.write(JSON.stringify({ traceIds, delivered: await flush() }));
