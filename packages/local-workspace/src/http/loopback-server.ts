import { once } from "node:events";
import { createServer as createHttpsServer } from "node:https";
import { createServer, type Server, type Socket } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { ErrorCode, TracelakeError } from "@tracelake/wire";
import type { Hono } from "hono";
import type { Certificate } from "../tls/certificate.ts";
import { messageOf } from "../message-of.ts";

/** One port of 127.0.0.1 that speaks both HTTP and HTTPS. */
export interface LoopbackServer {
  /** Such as `http://127.0.0.1:3010`. */
  readonly url: string;
  /** The same address with TLS. */
  readonly httpsUrl: string;
  /** Answers what is under way and closes all connections. */
  close(): Promise<void>;
}

type HttpServer = ReturnType<typeof createAdaptorServer>;

const loopback = "127.0.0.1";

/** The first byte of a TLS handshake; no HTTP request starts with it. */
const handshakeByte = 0x16;

const longestSilenceMillis = 10_000;

// Longer than clients keep an idle connection: who closes it first must not be the side that a request is on its way to.
const keepAliveMillis = 75_000;

/** Gives a connection to the server that its first byte asks for. */
const sortConnections = (servers: { readonly plain: HttpServer; readonly secure: HttpServer }) => {
  const undecided = new Set<Socket>();
  const decide = (socket: Socket): void => {
    undecided.add(socket);
    const forget = (): void => {
      undecided.delete(socket);
    };
    socket.setTimeout(longestSilenceMillis, () => socket.destroy());
    socket.on("close", forget);
    // A connection that breaks off is its maker's concern; after this, the server in charge listens.
    socket.on("error", forget);
    socket.once("data", (first: Buffer) => {
      socket.pause();
      socket.setTimeout(0).removeAllListeners("timeout");
      forget();
      socket.unshift(first);
      (first[0] === handshakeByte ? servers.secure : servers.plain).emit("connection", socket);
      process.nextTick(() => socket.resume());
    });
  };
  return { undecided, decide };
};

const listen = async (server: Server, port: number): Promise<number> => {
  try {
    server.listen(port, loopback);
    await once(server, "listening");
  } catch (cause) {
    throw new TracelakeError(ErrorCode.LOCAL_WORKSPACE_FAILED, {
      failed: "The local workspace cannot be served",
      seen: messageOf(cause),
      remedy: "Give another port, or 0 for any that is free.",
      cause,
    });
  }
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : port;
};

/** @throws {TracelakeError} `LOCAL_WORKSPACE_FAILED` where the port is taken. */
export const serveOnLoopback = async (
  app: Hono,
  options: { readonly port: number; readonly certificate: Certificate },
): Promise<LoopbackServer> => {
  const { certificate: cert, privateKey: key } = options.certificate;
  // Replacing the global Response would break `instanceof` for whatever else runs in this process.
  const common = { fetch: app.fetch, overrideGlobalObjects: false } as const;
  const plain = createAdaptorServer(common);
  const secure = createAdaptorServer({
    ...common,
    createServer: createHttpsServer,
    serverOptions: { cert, key, minVersion: "TLSv1.2" },
  });
  // What makes Node.js keep account of connections, so that slow ones time out and idle ones can be closed.
  for (const server of [plain, secure]) {
    server.emit("listening");
    if ("keepAliveTimeout" in server) server.keepAliveTimeout = keepAliveMillis;
  }
  const { undecided, decide } = sortConnections({ plain, secure });
  const front = createServer({ noDelay: true }, decide);
  const port = await listen(front, options.port);
  const close = async (): Promise<void> => {
    const closed = once(front, "close");
    front.close();
    for (const socket of undecided) socket.destroy();
    for (const server of [plain, secure]) {
      if ("keepAliveTimeout" in server) server.keepAliveTimeout = 1;
      server.close();
    }
    await closed;
  };
  return { url: `http://${loopback}:${port}`, httpsUrl: `https://${loopback}:${port}`, close };
};
