/**
 * What the applications under test are written with. Every span is written down before it begins (`i`), when `end()` has
 * returned (`a`), and when the exporter's own figures say that everything so far is on disk or further (`d`). The file
 * survives the process, so the judge knows what was promised at the moment of death.
 */
import { createHash } from "node:crypto";
import { openSync, writeSync } from "node:fs";
import { createInterface } from "node:readline";
import * as tracelake from "@tracelake/uc-exporter";

export { tracelake };

const log = openSync(process.env.FAULTS_LOG, "a", 0o600);
const write = (entry) => void writeSync(log, `${JSON.stringify(entry)}\n`);
const runName = `${process.pid}-${Math.round(performance.timeOrigin)}-${Math.random().toString(36).slice(2, 8)}`;
let issued = 0;

const hashOf = (text) => createHash("sha1").update(text).digest("hex");

/** Text of about so many characters that no other span has. */
const textOf = (id, characters) => {
  const piece = `${id} ${hashOf(id)} ünïcode ✓ `;
  return piece.repeat(Math.ceil(characters / piece.length)).slice(0, Math.max(characters, id.length));
};

const sumOf = ({ exported, queued, spooled, quarantined, dropped }) =>
  Object.values(dropped).reduce((sum, count) => sum + count, exported + queued + spooled + quarantined);

/** The exporter's own figures, and a line for the judge where they do not add up. */
export const figures = () => {
  const stats = tracelake.stats();
  if (stats === undefined) return stats;
  const { traceInfos, logs, metrics } = stats;
  if ([stats, traceInfos, logs, metrics].some((counts) => counts.accepted !== sumOf(counts))) write(["v", stats]);
  return stats;
};
process.on("exit", figures);

/** Ends a span with an id of its own; `characters` of payload. */
export const issue = ({ characters = 200, name = "work", parent, attributes = {} } = {}) => {
  const id = `${runName}-${issued++}`;
  const text = textOf(id, characters);
  write(["i", id, hashOf(text)]);
  const span = tracelake.startSpan({
    name,
    inputs: { text },
    attributes: { ...attributes, "fault.id": id },
    parent: parent ?? null,
  });
  span.end();
  write(["a", id]);
  if (issued % 16 === 0) figures();
  return span;
};

/**
 * Ends a span of somebody's own OpenTelemetry, with our processor behind it: nothing looks at its attributes before the
 * processor does.
 */
export const issueRaw = (tracer, { characters = 200, name = "raw", options = {} } = {}) => {
  const id = `${runName}-${issued++}`;
  const text = textOf(id, characters);
  write(["i", id, hashOf(text)]);
  const attributes = { ...options.attributes, "fault.id": id, "mlflow.spanInputs": JSON.stringify({ text }) };
  tracer.startSpan(name, { ...options, root: true, attributes }).end(options.endTime);
  write(["a", id]);
};

/** The OpenTelemetry SDK, for applications that bring their own provider. */
export const openTelemetry = () => import("@opentelemetry/sdk-trace-base");

/**
 * Notes what is durable by now: all but the last ones, which are in memory only. They leave it in their order. Every span
 * is taken for a root, whose trace info has to be durable too.
 */
export const noteDurable = () => {
  const stats = figures();
  if (stats !== undefined) write(["d", runName, issued - Math.max(stats.queued, stats.traceInfos.queued)]);
  return stats;
};

export const pause = (millis) => new Promise((resolve) => setTimeout(resolve, millis));

/** Waits until the exporter's figures are as asked. The judge's patience ends it, not a time of its own. */
export const until = async (isSo) => {
  for (;;) {
    const stats = figures();
    if (stats !== undefined && isSo(stats)) return stats;
    await pause(10);
  }
};

/** Whether nothing waits any more, neither in memory nor on disk. */
export const isSettled = (stats) =>
  [stats, stats.traceInfos].every(({ queued, spooled }) => queued === 0 && spooled === 0);

/** Waits until so many spans have arrived, and their traces' info with them. */
export const allExported = (count) => until((stats) => stats.exported === count && isSettled(stats));

/** A line for the test. */
export const say = (line) => void writeSync(1, `${JSON.stringify(line)}\n`);

const heard = [];
const waiting = [];
let input;
/** The next line that the test writes. While nobody waits for one, stdin does not hold the process. */
export const listen = () => {
  input ??= createInterface({ input: process.stdin }).on("line", (text) => {
    const next = waiting.shift();
    if (next === undefined) heard.push(text);
    else next(text);
    if (waiting.length === 0) process.stdin.unref?.();
  });
  if (heard.length > 0) return Promise.resolve(heard.shift());
  process.stdin.ref?.();
  return new Promise((resolve) => waiting.push(resolve));
};
