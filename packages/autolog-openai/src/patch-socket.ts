import { safely, type MethodCall } from "@tracelake/uc-exporter/plugin";
import { asNumber, isRecord, type JsonRecord } from "./json-record.ts";
import type { Session } from "./options.ts";
import { SocketRecorder } from "./socket-recorder.ts";

/** Where the client keeps its WebSockets; they are no part of what `import "openai"` gives. */
export const socketEntries: readonly { readonly subpath: string; readonly onceLoaded?: string }[] = [
  { subpath: "./realtime/websocket" },
  { subpath: "./realtime/ws", onceLoaded: "ws" },
  { subpath: "./resources/responses/ws", onceLoaded: "ws" },
  { subpath: "./resources/beta/responses/ws", onceLoaded: "ws" },
  { subpath: "./beta/realtime/websocket", onceLoaded: "openai/beta/realtime" },
  { subpath: "./beta/realtime/ws", onceLoaded: "ws" },
];

const urlOf = (socket: object): URL | undefined => {
  const url: unknown = Reflect.get(socket, "url");
  if (url instanceof URL) return url;
  return typeof url === "string" && URL.canParse(url) ? new URL(url) : undefined;
};

// Not every version tells its own listeners when the connection is over.
const watchClose = (connection: unknown, recorder: SocketRecorder): void => {
  if (!isRecord(connection)) return;
  const { addEventListener } = connection;
  if (typeof addEventListener !== "function") return;
  const onClose = (event: unknown): void => recorder.onClose(isRecord(event) ? asNumber(event["code"]) : undefined);
  Reflect.apply(addEventListener, connection, ["close", onClose]);
};

// The state of a connection that is not open yet: https://developer.mozilla.org/docs/Web/API/WebSocket/readyState
const connecting = 0;

const isWithoutConnection = (socket: JsonRecord): boolean => {
  const { socket: connection } = socket;
  return socket["_isReconnecting"] === true || (isRecord(connection) && connection["readyState"] === connecting);
};

/** Looks on at the sockets of one class for one session: the next session is not to find what this one knew. */
class SocketWatch {
  readonly #session: Session;
  readonly #recorders = new WeakMap<object, SocketRecorder>();

  constructor(session: Session) {
    this.#session = session;
  }

  readonly send: MethodCall = (original, socket, args) => {
    const call = (): unknown => Reflect.apply(original, socket, args);
    const recorder = safely(() => this.#recorderOf(socket), undefined);
    if (recorder === undefined) return call();
    const isQueued = safely(() => isRecord(socket) && isWithoutConnection(socket), false);
    return recorder.send(args[0], isQueued, call);
  };

  readonly flush: MethodCall = (original, socket, args) => {
    safely(() => this.#recorderOf(socket)?.onFlush(), undefined);
    return Reflect.apply(original, socket, args);
  };

  readonly emit: MethodCall = (original, socket, args) => {
    safely(() => this.#onEvent(socket, args), undefined);
    return Reflect.apply(original, socket, args);
  };

  // Without a listener for errors the client emits none.
  readonly onError: MethodCall = (original, socket, args) => {
    const [event, message, cause] = args;
    if (!isRecord(event)) safely(() => this.#recorderOf(socket)?.onClientError(message, cause), undefined);
    return Reflect.apply(original, socket, args);
  };

  #onEvent(socket: unknown, [name, told]: readonly unknown[]): void {
    if (name === "event") this.#recorderOf(socket)?.onEvent(told);
    else if (name === "close") this.#recorderOf(socket)?.onClose(asNumber(told));
    else if (name === "reconnecting" && isRecord(told)) {
      this.#recorderOf(socket)?.onReconnecting(asNumber(told["closeCode"]));
    }
  }

  #recorderOf(socket: unknown): SocketRecorder | undefined {
    if (!isRecord(socket)) return undefined;
    const known = this.#recorders.get(socket);
    const url = known === undefined ? urlOf(socket) : undefined;
    if (url === undefined) return known;
    const recorder = new SocketRecorder(this.#session, url);
    this.#recorders.set(socket, recorder);
    watchClose(socket["socket"], recorder);
    return recorder;
  }
}

const isSocketClass = (value: unknown): value is { readonly prototype: object } =>
  typeof value === "function" &&
  isRecord(value.prototype) &&
  typeof value.prototype["send"] === "function" &&
  typeof value.prototype["_emit"] === "function";

/** Has every response over a class of WebSockets recorded, or over all classes that a module exports. */
export const patchSocket = (session: Session, exports: object, description: string): void => {
  for (const candidate of [exports, ...Object.values(exports)]) {
    if (!isSocketClass(candidate)) continue;
    const watch = new SocketWatch(session);
    session.patchMethod(description, candidate.prototype, "send", watch.send);
    session.patchMethod(description, candidate.prototype, "_emit", watch.emit);
    session.patchMethod(description, candidate.prototype, "_onError", watch.onError);
    // Of versions that keep what is sent too early, and connect anew.
    session.patchMethod(description, candidate.prototype, "_flushSendQueue", watch.flush);
  }
};
