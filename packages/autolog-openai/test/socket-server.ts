import { createHash } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

/** One connection to a {@link SocketServer}. */
export interface SocketConnection {
  readonly path: string;
  send(event: object): void;
  close(code: number): void;
  /** Breaks the connection off, without a word. */
  drop(): void;
}

/** A WebSocket server that answers events with events: https://www.rfc-editor.org/rfc/rfc6455 */
export interface SocketServer {
  readonly port: number;
  close(): Promise<void>;
}

const handshakeGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const textFrame = 0x81;
const closeFrame = 0x88;

const frameOf = (kind: number, payload: Buffer): Buffer => {
  if (payload.length < 126) return Buffer.concat([Buffer.from([kind, payload.length]), payload]);
  const header = Buffer.from([kind, 126, 0, 0]);
  header.writeUInt16BE(payload.length, 2);
  return Buffer.concat([header, payload]);
};

/** Takes the first whole frame of a client, which masks what it sends, from `bytes`. */
const readFrame = (bytes: Buffer): { kind: number; text: string; rest: Buffer } | undefined => {
  if (bytes.length < 2) return undefined;
  const short = (bytes[1] ?? 0) & 0x7f;
  const at = short === 126 ? 4 : 2;
  const length = short === 126 ? bytes.readUInt16BE(2) : short;
  if (bytes.length < at + 4 + length) return undefined;
  const mask = bytes.subarray(at, at + 4);
  const payload = bytes.subarray(at + 4, at + 4 + length).map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return { kind: bytes[0] ?? 0, text: Buffer.from(payload).toString(), rest: bytes.subarray(at + 4 + length) };
};

const serve = (
  request: IncomingMessage,
  stream: Duplex,
  onEvent: (event: Record<string, unknown>, connection: SocketConnection) => void,
): void => {
  const key = String(request.headers["sec-websocket-key"]);
  const accept = createHash("sha1").update(`${key}${handshakeGuid}`).digest("base64");
  const protocol = request.headers["sec-websocket-protocol"]?.split(",")[0];
  const lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"];
  lines.push(`Sec-WebSocket-Accept: ${accept}`);
  if (protocol !== undefined) lines.push(`Sec-WebSocket-Protocol: ${protocol}`);
  stream.write(`${lines.join("\r\n")}\r\n\r\n`);
  const connection: SocketConnection = {
    path: request.url ?? "",
    send: (event) => void stream.write(frameOf(textFrame, Buffer.from(JSON.stringify(event)))),
    close: (code) => {
      const payload = Buffer.alloc(2);
      payload.writeUInt16BE(code);
      stream.end(frameOf(closeFrame, payload));
    },
    drop: () => void stream.destroy(),
  };
  let bytes: Buffer = Buffer.alloc(0);
  stream.on("error", () => undefined);
  stream.on("data", (data: Buffer) => {
    bytes = Buffer.concat([bytes, data]);
    for (let frame = readFrame(bytes); frame !== undefined; frame = readFrame(bytes)) {
      bytes = frame.rest;
      if (frame.kind === textFrame) onEvent(JSON.parse(frame.text) as Record<string, unknown>, connection);
      else if (frame.kind === closeFrame) connection.close(1000);
    }
  });
};

/** Starts one on a loopback port; `onEvent` is told every event of every client. */
export const startSocketServer = async (
  onEvent: (event: Record<string, unknown>, connection: SocketConnection) => void,
): Promise<SocketServer> => {
  const server = createServer();
  const open = new Set<Duplex>();
  server.on("upgrade", (request: IncomingMessage, stream: Duplex) => {
    open.add(stream);
    serve(request, stream, onEvent);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The socket server has no port");
  return {
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        for (const stream of open) stream.destroy();
        server.close(() => resolve());
      }),
  };
};
