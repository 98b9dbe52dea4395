import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { createAdaptorServer } from "@hono/node-server";
import { ErrorCode, TracelakeError } from "@tracelake/wire";
import { createApp } from "./http/app.ts";
import { defaultDirectory, layoutOf, type WorkspaceLayout } from "./store/layout.ts";
import { messageOf } from "./store/messages.ts";
import { openStore, type OpenStore } from "./store/open-store.ts";
import { readServerFile, removeServerFile, writeServerFile, type RunningServer } from "./store/server-file.ts";
import type { Store } from "./store/store.ts";

export interface LocalWorkspaceServerOptions {
  /** The workspace's root; `.tracelake` in the working directory by default. */
  readonly directory?: string;
  /** The port to listen on, 3010 by default; 0 for any that is free. */
  readonly port?: number;
  /** What `Authorization: Bearer` must carry: a new random one by default, none where this is `false`. */
  readonly token?: string | false;
  /** How long to wait between two looks at the journals; 500 by default. */
  readonly drainIntervalMillis?: number;
  /** Told what went wrong in the background, such as a journal that cannot be read; silent by default. */
  readonly onProblem?: (message: string) => void;
}

/** A local workspace that is served. */
export interface LocalWorkspaceServer {
  /** Such as `http://127.0.0.1:3010`. */
  readonly url: string;
  /** What clients must send; `undefined` where the server asks for none. */
  readonly token: string | undefined;
  /** Answers what is under way, drains the journals a last time and lets go of the files. */
  close(): Promise<void>;
}

const usualPort = 3010;
const usualDrainIntervalMillis = 500;
const loopback = "127.0.0.1";

type HttpServer = ReturnType<typeof createAdaptorServer>;

const listen = async (server: HttpServer, port: number): Promise<string> => {
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
  return `http://${loopback}:${typeof address === "object" && address !== null ? address.port : port}`;
};

const stop = async (server: HttpServer): Promise<void> => {
  const closed = once(server, "close");
  server.close();
  if ("closeIdleConnections" in server) server.closeIdleConnections();
  await closed;
};

/** Looks at the journals again and again until `stopped`, then once more. */
const keepDraining = async (
  store: Store,
  options: {
    readonly intervalMillis: number;
    readonly stopped: AbortSignal;
    readonly onProblem: (message: string) => void;
  },
): Promise<void> => {
  const { intervalMillis, stopped, onProblem } = options;
  for (let isLast = false; ;) {
    isLast = stopped.aborted;
    try {
      for (const problem of (await store.drain()).problems) onProblem(problem);
    } catch (error) {
      onProblem(messageOf(error));
    }
    if (isLast) return;
    await delay(intervalMillis, undefined, { signal: stopped }).catch(() => undefined);
  }
};

const serve = async (
  layout: WorkspaceLayout,
  opened: OpenStore,
  options: LocalWorkspaceServerOptions,
): Promise<LocalWorkspaceServer> => {
  const given = options.token ?? randomBytes(24).toString("base64url");
  const token = given === false ? undefined : given;
  // Replacing the global Response would break `instanceof` for whatever else runs in this process.
  const http = createAdaptorServer({ fetch: createApp(opened.store, { token }).fetch, overrideGlobalObjects: false });
  const url = await listen(http, options.port ?? usualPort);
  await writeServerFile(layout, { url, pid: process.pid, token });
  const stopping = new AbortController();
  const draining = keepDraining(opened.store, {
    intervalMillis: options.drainIntervalMillis ?? usualDrainIntervalMillis,
    stopped: stopping.signal,
    onProblem: options.onProblem ?? (() => undefined),
  });
  const close = async (): Promise<void> => {
    await removeServerFile(layout);
    await stop(http);
    stopping.abort();
    await draining;
    await opened.close();
  };
  let closed: Promise<void> | undefined;
  return { url, token, close: () => (closed ??= close()) };
};

/**
 * Serves a local workspace on 127.0.0.1: OTLP, MLflow's REST interface and SQL. What agents write to its journals is
 * moved into the tables all the while.
 *
 * @throws {TracelakeError} `LOCAL_WORKSPACE_BUSY` where another process has the workspace open, `LOCAL_WORKSPACE_FAILED`
 *   where the port is taken or the files cannot be opened.
 */
export const startLocalWorkspaceServer = async (
  options: LocalWorkspaceServerOptions = {},
): Promise<LocalWorkspaceServer> => {
  const layout = layoutOf(options.directory ?? defaultDirectory);
  const opened = await openStore({ directory: layout.root, readOnly: false });
  try {
    return await serve(layout, opened, options);
  } catch (error) {
    await opened.close();
    throw error;
  }
};

const healthTimeoutMillis = 2000;

const answers = async ({ url, pid }: RunningServer): Promise<boolean> => {
  try {
    const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(healthTimeoutMillis) });
    const body: unknown = await response.json();
    return typeof body === "object" && body !== null && "pid" in body && body.pid === pid;
  } catch {
    return false;
  }
};

/** The server that has a workspace open, or `undefined` where none answers. */
export const findRunningServer = async (directory: string = defaultDirectory): Promise<RunningServer | undefined> => {
  const server = await readServerFile(layoutOf(directory));
  return server !== undefined && (await answers(server)) ? server : undefined;
};
