import { safely, type MethodCall } from "@tracelake/uc-exporter";
import { asNumber, isRecord } from "./json-record.ts";
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

const recorders = new WeakMap<object, SocketRecorder>();

const urlOf = (socket: object): URL | undefined => {
  const url: unknown = Reflect.get(socket, "url");
  if (url instanceof URL) return url;
  return typeof url === "string" && URL.canParse(url) ? new URL(url) : undefined;
};

const recorderOf = (session: Session, socket: unknown): SocketRecorder | undefined => {
  if (!isRecord(socket)) return undefined;
  const known = recorders.get(socket);
  const url = known === undefined ? urlOf(socket) : undefined;
  if (url === undefined) return known;
  const recorder = new SocketRecorder(session, url);
  recorders.set(socket, recorder);
  watchClose(socket["socket"], recorder);
  return recorder;
};

// Not every version tells its own listeners when the connection is over.
const watchClose = (connection: unknown, recorder: SocketRecorder): void => {
  if (!isRecord(connection)) return;
  const { addEventListener } = connection;
  if (typeof addEventListener !== "function") return;
  const onClose = (event: unknown): void => recorder.onClose(isRecord(event) ? asNumber(event["code"]) : undefined);
  Reflect.apply(addEventListener, connection, ["close", onClose]);
};

const callSend =
  (session: Session): MethodCall =>
  (original, socket, args) => {
    safely(() => recorderOf(session, socket)?.onSend(args[0]), undefined);
    return Reflect.apply(original, socket, args);
  };

const callEmit =
  (session: Session): MethodCall =>
  (original, socket, args) => {
    const [name, first] = args;
    if (name === "event") safely(() => recorderOf(session, socket)?.onEvent(first), undefined);
    else if (name === "close") safely(() => recorderOf(session, socket)?.onClose(asNumber(first)), undefined);
    return Reflect.apply(original, socket, args);
  };

const isSocketClass = (value: unknown): value is { readonly prototype: object } =>
  typeof value === "function" &&
  isRecord(value.prototype) &&
  typeof value.prototype["send"] === "function" &&
  typeof value.prototype["_emit"] === "function";

/** Has every response over a class of WebSockets recorded, or over all classes that a module exports. */
export const patchSocket = (session: Session, exports: object, description: string): void => {
  for (const candidate of [exports, ...Object.values(exports)]) {
    if (!isSocketClass(candidate)) continue;
    session.patchMethod(description, candidate.prototype, "send", callSend(session));
    session.patchMethod(description, candidate.prototype, "_emit", callEmit(session));
  }
};
