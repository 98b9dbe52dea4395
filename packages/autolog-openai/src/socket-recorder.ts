import { getCurrentActiveSpan, type LiveSpan } from "@tracelake/uc-exporter";
import { safely } from "@tracelake/uc-exporter/plugin";
import { CallRecorder } from "./call-recorder.ts";
import { asText, isRecord, type JsonRecord } from "./json-record.ts";
import type { Session } from "./options.ts";
import { recordParameters, withoutCredentials } from "./read-request.ts";
import { readServerUrl } from "./read-server.ts";
import { realtimeResponse, socketResponse } from "./surfaces.ts";
import type { Surface } from "./surface.ts";

/** A response on its way over a socket. */
interface SocketResponse {
  readonly span: LiveSpan;
  readonly recorder: CallRecorder;
  /** The id that the client gave to its request, by which an error names it. */
  readonly eventId: string | undefined;
  /** What the request said of this response. */
  readonly parameters: JsonRecord;
  /** The id that the server gave to the response, once it has begun. */
  responseId: string | undefined;
  /** Whether the request still waits for a connection. */
  isQueued: boolean;
}

// What holds for all responses of a realtime session.
const sessionParameters = [
  "model",
  "instructions",
  "tools",
  "tool_choice",
  "modalities",
  "output_modalities",
  "voice",
  "temperature",
  "max_response_output_tokens",
  "max_output_tokens",
];

const mostItemsHeld = 200;

const modelOf = (url: URL): JsonRecord => {
  const model = url.searchParams.get("model") ?? url.searchParams.get("deployment");
  return model === null ? {} : { model };
};

const closedWith = (code: number | undefined) => ({
  name: "ConnectionClosed",
  message: `The connection was closed with code ${code}`,
});

// A socket's events arrive in the context in which it was opened, whose span may have ended long ago.
const liveParent = (): { parent?: null } => (getCurrentActiveSpan()?.isEnded === true ? { parent: null } : {});

/** The responses of one WebSocket: a span for each, from the events. */
export class SocketRecorder {
  readonly #session: Session;
  readonly #url: URL;
  readonly #isRealtime: boolean;
  /** In the order in which they were asked for. */
  readonly #responses = new Set<SocketResponse>();
  /** What the user said since the last response began. */
  #items: JsonRecord[] = [];
  #settings: JsonRecord;
  /** What the client's `send()` that is running has asked for. */
  #sending: SocketResponse | undefined;
  #isClosed = false;

  constructor(session: Session, url: URL) {
    this.#session = session;
    this.#url = url;
    this.#isRealtime = !url.pathname.endsWith("/responses");
    this.#settings = modelOf(url);
  }

  /** Has the client send an event by `call`; `isQueued` where there is no connection yet that it could be sent over. */
  send(event: unknown, isQueued: boolean, call: () => unknown): unknown {
    const outer = this.#sending;
    const sending = safely(() => this.#request(event, isQueued), undefined);
    this.#sending = sending;
    try {
      return call();
    } catch (error) {
      sending?.recorder.fail(error);
      throw error;
    } finally {
      this.#sending = outer;
    }
  }

  /** What waited for a connection was sent. */
  onFlush(): void {
    for (const response of this.#responses) response.isQueued = false;
  }

  /** The client has an error of its own: of the event that it is about to send, or of the connection, which then closes. */
  onClientError(message: unknown, cause: unknown): void {
    this.#sending?.recorder.fail(cause ?? { name: "NotSent", message: asText(message) ?? "" });
  }

  /** The server sent an event. */
  onEvent(event: unknown): void {
    if (!isRecord(event)) return;
    const { type } = event;
    if (typeof type !== "string") return;
    if (type === "error") this.#failOne(event);
    else if (type.startsWith("response.")) this.#addToResponse(type, event);
    else if (this.#isRealtime) this.#noteSession(type, event);
  }

  /** The connection is over, for whatever reason, and there will be no other. */
  onClose(code: number | undefined): void {
    this.#isClosed = true;
    for (const { recorder } of this.#responses) {
      if (code === 1000 || code === undefined) recorder.finishStream(true);
      else recorder.fail(closedWith(code));
    }
  }

  /** The connection is over, and the client makes another, on which the server knows nothing of what was sent before. */
  onReconnecting(code: number | undefined): void {
    for (const { recorder, isQueued } of this.#responses) if (!isQueued) recorder.fail(closedWith(code));
  }

  get #surface(): Surface {
    return this.#isRealtime ? realtimeResponse : socketResponse;
  }

  #request(event: unknown, isQueued: boolean): SocketResponse | undefined {
    if (!isRecord(event) || event["type"] !== "response.create") return undefined;
    const { type: _type, event_id: eventId, response, ...rest } = event;
    const parameters = this.#isRealtime ? (isRecord(response) ? response : {}) : rest;
    const started = this.#start(parameters, asText(eventId));
    if (started === undefined) return undefined;
    started.isQueued = isQueued;
    if (!this.#isRealtime) this.#describe(started);
    // Not every connection says that it takes nothing any more.
    if (this.#isClosed) started.recorder.fail({ name: "ConnectionClosed", message: "The connection is closed" });
    return started;
  }

  #start(parameters: JsonRecord, eventId: string | undefined): SocketResponse | undefined {
    const [name, spanName] = this.#isRealtime ? ["realtime.response", "Realtime"] : ["responses.ws", "Responses"];
    const { spanType } = this.#surface;
    const span = this.#session.startSpan(name, () => ({ name: spanName, spanType, ...liveParent() }));
    if (span === undefined || !span.isRecording) return undefined;
    const recorder = new CallRecorder(span, {
      surface: this.#surface,
      vectors: false,
      // Nobody has to ask for an event, so what does not come is what the server still works on.
      idleTimeoutMillis: Infinity,
      onEnd: () => this.#responses.delete(response),
    });
    recorder.beginStream();
    const response: SocketResponse = { span, recorder, eventId, parameters, responseId: undefined, isQueued: false };
    this.#responses.add(response);
    return response;
  }

  #describe({ span, parameters }: SocketResponse): void {
    const all = withoutCredentials({ ...this.#settings, ...parameters });
    const inputs = this.#isRealtime ? { ...all, items: this.#items } : all;
    this.#items = [];
    safely(() => recordParameters(span, this.#surface, inputs, readServerUrl(this.#url)), undefined);
    span.setInputs(inputs);
  }

  #addToResponse(type: string, event: JsonRecord): void {
    const id = asText(isRecord(event["response"]) ? event["response"]["id"] : event["response_id"]);
    const response = this.#find(type, id);
    if (response === undefined) return;
    response.recorder.addChunk(event);
    if (response.recorder.isWhole) response.recorder.finishStream(false);
  }

  #find(type: string, id: string | undefined): SocketResponse | undefined {
    const all = [...this.#responses];
    const known = id === undefined ? all[0] : all.find((response) => response.responseId === id);
    if (known !== undefined || type !== "response.created") return known;
    const begun = all.find((response) => response.responseId === undefined) ?? this.#start({}, undefined);
    if (begun === undefined) return undefined;
    begun.responseId = id;
    if (this.#isRealtime) this.#describe(begun);
    return begun;
  }

  #failOne({ error, event_id: ownId }: JsonRecord): void {
    const { code, type, message, event_id: eventId } = isRecord(error) ? error : {};
    const askedFor = asText(eventId) ?? asText(ownId);
    const named = [...this.#responses].find(
      (response) => response.eventId !== undefined && response.eventId === askedFor,
    );
    // Errors of a realtime session that name no request are about something else.
    const failed = named ?? (this.#isRealtime ? undefined : [...this.#responses][0]);
    if (failed === undefined) return;
    const name = asText(code) ?? asText(type) ?? "error";
    failed.recorder.fail({ name, message: asText(message) ?? "" });
  }

  #noteSession(type: string, event: JsonRecord): void {
    const { session, item } = event;
    if (type.startsWith("session.") && isRecord(session)) this.#noteSettings(session);
    const isNew = type === "conversation.item.created" || type === "conversation.item.added";
    if (isNew && isRecord(item)) this.#noteItem(item);
    if (type === "conversation.item.input_audio_transcription.completed") this.#noteTranscript(event);
  }

  #noteSettings(session: JsonRecord): void {
    for (const key of sessionParameters) {
      if (session[key] !== undefined && session[key] !== null)
        this.#settings = { ...this.#settings, [key]: session[key] };
    }
  }

  #noteItem(item: JsonRecord): void {
    const isSaid = item["role"] === "user" || item["role"] === "system" || item["type"] === "function_call_output";
    if (isSaid && this.#items.length < mostItemsHeld) this.#items.push(item);
  }

  #noteTranscript({ item_id: id, transcript }: JsonRecord): void {
    this.#items = this.#items.map((item) => (item["id"] === id ? { ...item, transcript } : item));
  }
}
