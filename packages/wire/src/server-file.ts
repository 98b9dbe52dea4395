/** A server that has a local workspace open, as its file `server.json` in the workspace's directory says. */
export interface RunningServer {
  readonly url: string;
  readonly pid: number;
  /** What `Authorization: Bearer` must carry; `undefined` where the server asks for none. */
  readonly token: string | undefined;
  /** The address over TLS, and the certificate to trust there; `undefined` where the server is an older one. */
  readonly httpsUrl?: string | undefined;
  readonly certificateFile?: string | undefined;
}

/** Where a local workspace is while nobody names a directory: below the working directory. */
export const defaultWorkspaceDirectory = ".tracelake";

/** The file in a local workspace's directory that says who serves it. */
export const serverFileName = "server.json";

const textOf = (value: object, name: string): string | undefined => {
  const found: unknown = Reflect.get(value, name);
  return typeof found === "string" ? found : undefined;
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** What a server file says; `undefined` where it is none, or only the half of one. */
export const readServerFile = (text: string): RunningServer | undefined => {
  const value = parsed(text);
  if (typeof value !== "object" || value === null || !("url" in value) || !("pid" in value)) return undefined;
  const { url, pid } = value;
  if (typeof url !== "string" || typeof pid !== "number") return undefined;
  const [token, httpsUrl, certificateFile] = ["token", "httpsUrl", "certificateFile"].map((name) =>
    textOf(value, name),
  );
  return { url, pid, token, httpsUrl, certificateFile };
};

/** A server file's text. */
export const writeServerFile = (server: RunningServer): string => `${JSON.stringify(server)}\n`;
