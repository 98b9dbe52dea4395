import { context, SpanStatusCode, trace } from "@opentelemetry/api";
import { autolog, unautolog } from "@tracelake/autolog-openai";
import { withSpan } from "@tracelake/uc-exporter";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { connect } from "node:net";
import OpenAI from "openai";
import { OpenAIRealtimeWebSocket } from "openai/realtime/websocket";
import { OpenAIRealtimeWS } from "openai/realtime/ws";
import { ResponsesWS } from "openai/resources/responses/ws";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { inputs, json, outputs, startRecorder } from "../../../test/support/span-recorder.ts";
import { startSocketServer, type SocketConnection, type SocketServer } from "./socket-server.ts";

type Script = (event: Record<string, unknown>, connection: SocketConnection) => void;

let script: Script = () => undefined;
let server: SocketServer;
beforeAll(async () => {
  server = await startSocketServer((event, connection) => script(event, connection));
});
afterAll(() => server.close());

let recorder: ReturnType<typeof startRecorder>;
beforeEach(() => {
  recorder = startRecorder();
  autolog();
});
afterEach(() => unautolog());

const until = async (isDone: () => boolean): Promise<void> => {
  while (!isDone()) await new Promise((resolve) => setImmediate(resolve));
};
const spansEnded = (count: number) => until(() => recorder.spans().length >= count);
const client = () => new OpenAI({ apiKey: "none", baseURL: `http://127.0.0.1:${server.port}/v1` });

const userItem = { id: "item_1", type: "message", role: "user", content: [{ type: "input_text", text: "A lake?" }] };
const answer = {
  id: "item_2",
  type: "message",
  role: "assistant",
  content: [{ type: "output_text", text: "A table." }],
};
const usage = {
  total_tokens: 38,
  input_tokens: 30,
  output_tokens: 8,
  input_token_details: { text_tokens: 20, audio_tokens: 10, cached_tokens: 12 },
  output_token_details: { text_tokens: 8, audio_tokens: 0 },
};

const deltas = (id: string): object[] => [
  { type: "response.created", response: { id, object: "realtime.response", status: "in_progress", output: [] } },
  { type: "response.output_item.added", response_id: id, output_index: 0, item: { ...answer, content: [] } },
  { type: "response.output_text.delta", response_id: id, output_index: 0, content_index: 0, delta: "A ta" },
];
const doneEvent = (id: string, more: object = {}): object => ({
  type: "response.done",
  response: { id, object: "realtime.response", status: "completed", output: [answer], usage, ...more },
});

describe("a realtime session", () => {
  // The client insists on TLS; the connection is plain, as the server is on this machine.
  const open = (): OpenAIRealtimeWS => {
    const createConnection = () => connect(server.port, "127.0.0.1");
    const socket = new OpenAIRealtimeWS({ model: "gpt-realtime-test", options: { createConnection } }, client());
    socket.on("error", () => undefined);
    return socket;
  };
  const ready = (socket: OpenAIRealtimeWS) => once(socket.socket, "open");

  it("has a span for every response, with what was said before, the session's settings and the tokens", async () => {
    script = ({ type }, connection) => {
      if (type === "session.update") {
        connection.send({
          type: "session.updated",
          session: { model: "gpt-realtime-test", instructions: "Be brief." },
        });
      }
      if (type === "conversation.item.create") connection.send({ type: "conversation.item.added", item: userItem });
      if (type === "response.create")
        for (const event of [...deltas("resp_a"), doneEvent("resp_a")]) connection.send(event);
    };
    const socket = open();
    await ready(socket);
    await withSpan({ name: "conversation" }, async () => {
      socket.send({ type: "session.update", session: { type: "realtime", instructions: "Be brief." } });
      socket.send({ type: "conversation.item.create", item: userItem as never });
      socket.send({ type: "response.create" });
      await spansEnded(1);
    });
    const [span, parent] = recorder.spans();
    if (span === undefined) expect.unreachable();
    expect([span.name, span.status.code, span.parentSpanContext?.spanId]).toEqual([
      "Realtime",
      SpanStatusCode.OK,
      parent?.spanContext().spanId,
    ]);
    expect(inputs(span)).toEqual({ model: "gpt-realtime-test", instructions: "Be brief.", items: [userItem] });
    expect(outputs(span)).toMatchObject({ id: "resp_a", output: [answer] });
    expect(json(span, "mlflow.chat.tokenUsage")).toEqual({
      input_tokens: 30,
      output_tokens: 8,
      total_tokens: 38,
      cache_read_input_tokens: 12,
    });
    expect(span.attributes).toMatchObject({
      "mlflow.spanType": "CHAT_MODEL",
      "gen_ai.request.model": "gpt-realtime-test",
      "openai.usage.input_token_details.audio_tokens": 10,
      "server.address": "127.0.0.1",
    });
    socket.close();
  });

  it("keeps responses apart that nobody asked for or that run at the same time", async () => {
    script = (_, connection) => {
      connection.send({ type: "conversation.item.created", item: { ...userItem, content: [{ type: "input_audio" }] } });
      connection.send({
        type: "conversation.item.input_audio_transcription.completed",
        item_id: "item_1",
        transcript: "A lake?",
      });
      for (const event of [...deltas("resp_x"), ...deltas("resp_y")]) connection.send(event);
      connection.send(doneEvent("resp_y"));
      connection.send(doneEvent("resp_x", { status: "cancelled", status_details: { reason: "turn_detected" } }));
    };
    const socket = open();
    await ready(socket);
    socket.send({ type: "input_audio_buffer.append", audio: "AAAA" });
    await spansEnded(2);
    expect(
      recorder.spans().map((span) => [outputs(span), span.attributes["gen_ai.response.finish_reasons"]]),
    ).toMatchObject([
      [{ id: "resp_y" }, ["completed"]],
      [{ id: "resp_x" }, ["turn_detected"]],
    ]);
    expect(recorder.spans().map((span) => inputs(span))).toMatchObject([
      { items: [] },
      { items: [{ transcript: "A lake?" }] },
    ]);
    socket.close();
  });

  it("says what went wrong: a failed response, a refused request, a broken connection", async () => {
    const failed = {
      status: "failed",
      status_details: { type: "failed", error: { code: "overloaded", message: "later" } },
    };
    const rounds: Script[] = [
      (_, connection) => [...deltas("resp_f"), doneEvent("resp_f", failed)].forEach((event) => connection.send(event)),
      ({ event_id: id }, connection) =>
        connection.send({
          type: "error",
          error: { type: "invalid_request_error", code: "busy", message: "no", event_id: id },
        }),
      (_, connection) => {
        for (const event of deltas("resp_d")) connection.send(event);
        setImmediate(() => connection.drop());
      },
    ];
    const socket = open();
    await ready(socket);
    for (const [index, round] of rounds.entries()) {
      script = round;
      socket.send({ type: "response.create", event_id: `event_${index}` });
      await spansEnded(index + 1);
    }
    expect(recorder.spans().map(({ status }) => status.message)).toEqual([
      "overloaded: later",
      "busy: no",
      "ConnectionClosed: The connection was closed with code 1006",
    ]);
    expect(outputs(recorder.spans()[2] ?? expect.unreachable())).toMatchObject({
      output: [{ content: [{ text: "A ta" }] }],
    });
  });

  it("is left, without an error, when the caller closes it", async () => {
    script = (_, connection) => deltas("resp_l").forEach((event) => connection.send(event));
    const socket = open();
    await ready(socket);
    const begun = socket.emitted("response.output_text.delta");
    socket.send({ type: "response.create" });
    await begun;
    socket.close();
    await spansEnded(1);
    const [span] = recorder.spans();
    expect([span?.status.code, span?.attributes["tracelake.stream.left_early"]]).toEqual([SpanStatusCode.OK, true]);
    socket.send({ type: "response.create" });
    expect(recorder.spans()[1]?.status.message).toBe("ConnectionClosed: The connection is closed");
  });

  it("is recorded by the autolog() that is on, also where an earlier one saw the socket", async () => {
    script = (_, connection) => [...deltas("resp_n"), doneEvent("resp_n")].forEach((event) => connection.send(event));
    const socket = open();
    await ready(socket);
    socket.send({ type: "response.create" });
    await spansEnded(1);
    unautolog();
    autolog();
    socket.send({ type: "response.create" });
    await spansEnded(2);
    expect(recorder.spans().map(outputs)).toMatchObject([{ id: "resp_n" }, { id: "resp_n" }]);
    socket.close();
  });

  it("is recorded over the WebSocket of the runtime too, and its listeners run outside the span", async () => {
    script = (_, connection) => [...deltas("resp_w"), doneEvent("resp_w")].forEach((event) => connection.send(event));
    const { WebSocket: NodeSocket } = createRequire(createRequire(import.meta.url).resolve("openai"))("ws") as {
      WebSocket: new (url: string, protocols: string[]) => object;
    };
    // What browsers and newer versions of Node.js have, without the TLS that the client insists on.
    class PlainSocket extends NodeSocket {
      constructor(url: string, protocols: string[]) {
        super(url.replace("wss:", "ws:"), protocols);
      }
    }
    const { WebSocket: own } = globalThis;
    Reflect.set(globalThis, "WebSocket", PlainSocket);
    const socket = new OpenAIRealtimeWebSocket({ model: "gpt-realtime-test" }, client());
    Reflect.set(globalThis, "WebSocket", own);
    const active: unknown[] = [];
    socket.on("response.done", () => active.push(trace.getSpan(context.active())));
    socket.on("error", () => undefined);
    await new Promise((resolve) => socket.socket.addEventListener("open", resolve));
    socket.send({ type: "response.create" });
    await spansEnded(1);
    expect([outputs(recorder.span("Realtime")), active]).toMatchObject([{ id: "resp_w" }, [undefined]]);
    socket.close();
  });
});

describe("responses over a WebSocket", () => {
  const events = readFileSync(new URL("../../../test/fixtures/openai/responses-hello.sse", import.meta.url), "utf8")
    .split("\n")
    .filter((line) => line.startsWith("data: {"))
    .map((line) => JSON.parse(line.slice(6)) as object);
  const open = (options: ConstructorParameters<typeof ResponsesWS>[1] = {}): ResponsesWS => {
    const socket = new ResponsesWS(client(), options);
    socket.on("error", () => undefined);
    return socket;
  };
  const hello = { type: "response.create", model: "gpt-lake", input: "hello" } as const;

  it("have a span each, from being asked for to their last event", async () => {
    script = (_, connection) => events.forEach((event) => connection.send(event));
    const socket = open();
    for (const round of [1, 2]) {
      socket.send({ type: "response.create", model: "gpt-lake", input: `hello ${round}` });
      await spansEnded(round);
    }
    expect(recorder.spans().map((span) => [span.name, inputs(span)])).toEqual([
      ["Responses", { model: "gpt-lake", input: "hello 1" }],
      ["Responses", { model: "gpt-lake", input: "hello 2" }],
    ]);
    const [span] = recorder.spans();
    expect(span && outputs(span)).toMatchObject({ id: "resp_9", status: "completed", output: [{}, {}] });
    expect(span?.attributes).toMatchObject({
      "gen_ai.usage.input_tokens": 30,
      "gen_ai.response.model": "gpt-test-2026",
    });
    socket.close();
  });

  it("that are refused are errors", async () => {
    script = (_, connection) =>
      connection.send({
        type: "error",
        status: 400,
        error: { type: "invalid_request_error", code: "bad", message: "no" },
      });
    const socket = open();
    socket.send({ type: "response.create", model: "gpt-lake", input: "hello" });
    await spansEnded(1);
    expect(recorder.spans()[0]?.status).toEqual({ code: SpanStatusCode.ERROR, message: "bad: no" });
    socket.close();
  });

  it("take as long as the server works on them", async () => {
    autolog({ idleTimeoutMillis: 10 });
    script = (_, connection) => {
      connection.send(events[0] ?? {});
      setTimeout(() => events.slice(1).forEach((event) => connection.send(event)), 150);
    };
    const socket = open();
    socket.send(hello);
    await spansEnded(1);
    expect(outputs(recorder.span("Responses"))).toMatchObject({ id: "resp_9", status: "completed" });
    socket.close();
  });

  it("that the client does not send are errors", async () => {
    const socket = open({ maxQueueSize: 1 });
    for (const input of ["first", "second"]) socket.send({ ...hello, input });
    expect(recorder.spans().map((span) => [inputs(span), span.status.message])).toEqual([
      [{ model: "gpt-lake", input: "second" }, "NotSent: send queue is full, message discarded"],
    ]);
    socket.close();
    await spansEnded(2);
    socket.send(hello);
    expect(recorder.spans()[2]?.status.message).toBe("ConnectionClosed: The connection is closed");
  });

  it("that a broken connection took are errors, and those after it belong to the next connection", async () => {
    let round = 0;
    script = (_, connection) => {
      connection.send(events[0] ?? {});
      if (++round === 1) setImmediate(() => connection.drop());
      else for (const event of events.slice(1)) connection.send(event);
    };
    const socket = open({ reconnect: { initialDelay: 1, onReconnecting: () => ({}) } });
    socket.once("reconnecting", () => socket.send({ ...hello, input: "again" }));
    socket.send(hello);
    await spansEnded(2);
    expect(recorder.spans().map((span) => [inputs(span), span.status.message])).toEqual([
      [{ model: "gpt-lake", input: "hello" }, "ConnectionClosed: The connection was closed with code 1006"],
      [{ model: "gpt-lake", input: "again" }, undefined],
    ]);
    socket.close();
  });
});

describe("a class of WebSockets", () => {
  it("gets its methods back", () => {
    expect(Object.hasOwn(OpenAIRealtimeWS.prototype, "_emit")).toBe(true);
    unautolog();
    expect(Object.hasOwn(OpenAIRealtimeWS.prototype, "_emit")).toBe(false);
    autolog({ openai: OpenAIRealtimeWS });
    expect(Object.hasOwn(OpenAIRealtimeWS.prototype, "_emit")).toBe(true);
  });
});
