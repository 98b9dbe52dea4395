import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { createCertificate } from "./tls/certificate.ts";
import { newServicePrincipal, type ServicePrincipal } from "./http/access-tokens.ts";
import { createApp } from "./http/app.ts";
import { serveOnLoopback } from "./http/loopback-server.ts";
import { layoutOf, writeCertificate, type WorkspaceLayout } from "./store/layout.ts";
import { messageOf } from "./message-of.ts";
import { openStore, type OpenStore } from "./store/open-store.ts";
import { leaveServerFile, removeServerFile } from "./store/server-file.ts";
import type { Store } from "./store/store.ts";

/** Which workspace is served, where, and to whom. It listens on this machine alone. */
export interface LocalWorkspaceServerOptions {
  /** The workspace's root; `.tracelake` in the working directory by default. */
  readonly directory?: string;
  /** The port to listen on, 3010 by default; 0 for any that is free. */
  readonly port?: number;
  /** What `Authorization: Bearer` must carry: a new random one by default, none where this is `false`. */
  readonly token?: string | false;
  /** Whether to leave `server.json`, by which others of the same user find the server while it runs; `true` by default. */
  readonly leaveServerFile?: boolean;
  /** How long to wait between two looks at the journals; 500 by default. */
  readonly drainIntervalMillis?: number;
  /** Told what went wrong in the background, such as a journal that cannot be read; silent by default. */
  readonly onProblem?: (message: string) => void;
}

/** A local workspace that is served. */
export interface LocalWorkspaceServer {
  /** Such as `http://127.0.0.1:3010`. */
  readonly url: string;
  /** The same address over TLS, for clients that insist on it, such as `https://127.0.0.1:3010`. */
  readonly httpsUrl: string;
  /** The certificate of {@link httpsUrl} as PEM, for clients to trust; another one at each start. */
  readonly certificateFile: string;
  /** What clients must send; `undefined` where the server asks for none. */
  readonly token: string | undefined;
  /** Who may ask for tokens by OAuth's client credentials, in place of {@link token}; another secret at each start. */
  readonly servicePrincipal: ServicePrincipal;
  /** Answers what is under way, drains the journals a last time and lets go of the files. */
  close(): Promise<void>;
}

const usualPort = 3010;
const usualDrainIntervalMillis = 500;

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
  const certificate = await createCertificate();
  const servicePrincipal = newServicePrincipal();
  const app = createApp(opened.store, { token, principal: servicePrincipal });
  const listening = await serveOnLoopback(app, { port: options.port ?? usualPort, certificate });
  const { url, httpsUrl } = listening;
  const { certificateFile } = layout;
  const isFound = options.leaveServerFile ?? true;
  try {
    await writeCertificate(layout, certificate.certificate);
    if (isFound) await leaveServerFile(layout, { url, pid: process.pid, token, httpsUrl, certificateFile });
  } catch (error) {
    await listening.close();
    throw error;
  }
  const stopping = new AbortController();
  const draining = keepDraining(opened.store, {
    intervalMillis: options.drainIntervalMillis ?? usualDrainIntervalMillis,
    stopped: stopping.signal,
    onProblem: options.onProblem ?? (() => undefined),
  });
  const close = async (): Promise<void> => {
    if (isFound) await removeServerFile(layout);
    await listening.close();
    stopping.abort();
    await draining;
    await opened.close();
  };
  let closed: Promise<void> | undefined;
  return { url, httpsUrl, certificateFile, token, servicePrincipal, close: () => (closed ??= close()) };
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
  const layout = layoutOf(options.directory);
  const opened = await openStore({ directory: layout.root, readOnly: false });
  try {
    return await serve(layout, opened, options);
  } catch (error) {
    await opened.close();
    throw error;
  }
};
