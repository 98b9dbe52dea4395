/**
 * Where the contestants send to: a process of its own that keeps what it is sent, fails as it is told, and says afterwards
 * which spans it has and whether they are whole. It is forked, and spoken to by messages.
 */
import { createServer } from "node:http";
import { gunzipSync } from "node:zlib";
import { expectedText } from "./content.mjs";
import { spansOf } from "./read-otlp.mjs";

const healthy = { kind: "none" };
let fault = healthy;
let kept = [];
let counts;
const reset = () => {
  kept = [];
  counts = { requests: 0, answers: {}, acceptedBytes: 0, acceptedRequests: 0, infos: 0, gzipped: 0 };
};
reset();

const inflated = (body, encoding) => (encoding === "gzip" ? gunzipSync(body) : body);

const answer = (response, status, headers = {}, text = "") => {
  counts.answers[status] = (counts.answers[status] ?? 0) + 1;
  response.writeHead(status, headers).end(text);
};

const keep = (path, body, encoding, contentType) => {
  if (!/\/v1\/traces$|\/runs\//.test(path)) {
    counts.infos++;
    return;
  }
  kept.push({ body, encoding, contentType });
  counts.acceptedBytes += body.length;
  counts.acceptedRequests++;
  if (encoding === "gzip") counts.gzipped++;
};

const respond = (request, response, body) => {
  const encoding = request.headers["content-encoding"];
  if (fault.kind === "hang") return;
  if (fault.kind === "status") {
    answer(response, fault.status, fault.headers);
    return;
  }
  if (fault.limitBytes !== undefined && inflated(body, encoding).length > fault.limitBytes) {
    answer(response, 413);
    return;
  }
  keep(request.url, body, encoding, request.headers["content-type"] ?? "");
  const finish = () => answer(response, 200, { "content-type": "application/x-protobuf" });
  if (fault.delayMillis === undefined) finish();
  else setTimeout(finish, fault.delayMillis);
};

/** The peer that speaks its own protocol asks what the service can take. */
const serviceInfo = {
  version: "0.10.0",
  batch_ingest_config: {
    use_multipart_endpoint: true,
    size_limit: 100,
    size_limit_bytes: 20_971_520,
    scale_up_qsize_trigger: 1000,
    scale_up_nthreads_limit: 16,
    scale_down_nempty_trigger: 4,
  },
  instance_flags: { gzip_body_enabled: true },
};

const server = createServer((request, response) => {
  if (request.method === "GET" && request.url.endsWith("/info")) {
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(serviceInfo));
    return;
  }
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("error", () => {});
  request.on("end", () => {
    counts.requests++;
    respond(request, response, Buffer.concat(chunks));
  });
});
server.keepAliveTimeout = 60_000;

const listen = (port) => new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));

const setFault = async (next) => {
  const { port } = server.address() ?? { port: fault.port };
  if (next.kind === "refuse") {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
    fault = { ...next, port };
    return;
  }
  // Whoever waits for an answer that will never come is let go when the destination is well again.
  if (fault.kind === "hang") server.closeAllConnections();
  if (fault.kind === "refuse") await listen(fault.port);
  fault = next;
};

const multipartIds = (text) => [...text.matchAll(/\[(\d+)[ \]]/g)].map(([, id]) => ({ id: Number(id) }));

/** Which spans arrived: `extra` says how much longer than usual the payload of a span is, by its number. */
const summarize = ({ extraBytes = [0] }) => {
  const times = new Map();
  let damaged = 0;
  let foreign = 0;
  let cut = 0;
  let duplicates = 0;
  for (const { body, encoding, contentType } of kept) {
    const bytes = inflated(body, encoding);
    const spans = contentType.startsWith("multipart/") ? multipartIds(bytes.toString("latin1")) : spansOf(bytes);
    for (const { id, inputs } of spans) {
      if (!Number.isSafeInteger(id)) foreign++;
      else if (times.has(id)) duplicates++;
      times.set(id, (times.get(id) ?? 0) + 1);
      if (inputs === undefined) continue;
      const expected = expectedText(id, extraBytes[id % extraBytes.length]);
      if (inputs === expected) continue;
      // What was cut still begins as it did, and is shorter.
      if (inputs.length < expected.length && inputs.slice(0, 300) === expected.slice(0, 300)) cut++;
      else damaged++;
    }
  }
  return { ...counts, unique: times.size, damaged, foreign, cut, duplicates };
};

const have = () => {
  const ids = new Set();
  for (const { body, encoding } of kept) for (const { id } of spansOf(inflated(body, encoding))) ids.add(id);
  return [...ids];
};

const obey = async ({ call, number, argument }) => {
  let result;
  if (call === "fault") await setFault(argument);
  else if (call === "reset") reset();
  else if (call === "summary") result = summarize(argument);
  else if (call === "ids") result = have();
  else if (call === "counts") result = counts;
  process.send({ number, result });
};
process.on("message", (asked) => void obey(asked));
process.on("disconnect", () => process.exit());

await listen(0);
process.send({ port: server.address().port });
