import { createHash, randomInt } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { gunzipSync } from "node:zlib";
import { decodeTraceRequest, fromAnyValue, type Span } from "@tracelake/wire";

/** A request that came in, and what was answered. */
export interface SeenRequest {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  /** `performance.now()` when it was complete. */
  readonly atMillis: number;
  readonly isSpans: boolean;
  status: number | "none";
  answeredAtMillis: number | undefined;
}

/** A request with what it carried, which a sink keeps only where it is told to: a night's requests fill any memory. */
export interface FullRequest extends SeenRequest {
  /** Inflated. */
  readonly body: Buffer;
}

/** What a sink does with a request; the default is to take it. */
export type Behaviour =
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: Uint8Array | string;
      readonly delayMillis?: number;
    }
  /** Never answers, and takes nothing. */
  | { readonly kind: "hang" }
  /** Takes it, and answers byte by byte. */
  | { readonly kind: "drip"; readonly everyMillis: number; readonly bytes: number }
  /** Breaks the connection without having taken anything. */
  | { readonly kind: "reset" }
  /** Takes it and breaks the connection before the answer: the client cannot know. */
  | { readonly kind: "lose-answer" };

export interface Arrival {
  count: number;
  /** Every copy held what the span was issued with. */
  isWhole: boolean;
  readonly hash: string;
  readonly traceId: string;
  readonly name: string;
  readonly isRoot: boolean;
  /** A part of it was left out on the way, and it says so. */
  readonly isCut: boolean;
}

const cutAttributeKey = "tracelake.cut.original_bytes";

const spansPath = "/api/2.0/otel/v1/traces";
const infoPath = /^\/api\/4\.0\/mlflow\/traces\/[^/]+\/([0-9a-f]{32})\/info$/;

const attribute = (span: Span, key: string): unknown =>
  fromAnyValue(span.attributes.find((entry) => entry.key === key)?.value);

const textOf = (span: Span): string => {
  const inputs = attribute(span, "mlflow.spanInputs");
  const text = typeof inputs === "object" && inputs !== null && "text" in inputs ? inputs.text : inputs;
  return typeof text === "string" ? text : JSON.stringify(text);
};

const spansIn = (body: Buffer): Span[] => {
  try {
    return decodeTraceRequest(body).resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
  } catch {
    return [];
  }
};

/** Kinds of behaviour that take what the request carries. */
const takers: ReadonlySet<string> = new Set(["drip", "lose-answer"]);

/** Below the ports that systems hand out by themselves, one of which could be somebody else's when a sink opens again. */
const ownPort = (): number => randomInt(10_000, 32_000);

const idOf = (span: Span): string => String(attribute(span, "fault.id"));

/** Which spans and trace infos a sink has taken. */
class Arrivals {
  readonly spans = new Map<string, Arrival>();
  readonly infos = new Map<string, number>();
  /** Spans that no application issued. */
  readonly foreign: string[] = [];
  readonly unreadable: string[] = [];

  take(request: FullRequest): void {
    const info = infoPath.exec(request.path)?.[1];
    if (info !== undefined) this.infos.set(info, (this.infos.get(info) ?? 0) + 1);
    if (!request.isSpans) return;
    const spans = spansIn(request.body);
    if (spans.length === 0) this.unreadable.push(request.body.subarray(0, 64).toString("hex"));
    for (const span of spans) this.#takeSpan(span);
  }

  #takeSpan(span: Span): void {
    const id = idOf(span);
    if (id === "null") {
      this.foreign.push(String(span.name));
      return;
    }
    const hash = createHash("sha1").update(textOf(span)).digest("hex");
    const known = this.spans.get(id);
    if (known === undefined) {
      const isCut = span.attributes.some(({ key }) => key === cutAttributeKey);
      const { traceId = "", name = "", parentSpanId } = span;
      this.spans.set(id, { count: 1, isWhole: true, hash, traceId, name, isRoot: parentSpanId === undefined, isCut });
      return;
    }
    known.count++;
    if (known.hash !== hash) known.isWhole = false;
  }
}

/**
 * A workspace that takes spans and trace infos as Unity Catalog does, keeps what it takes, and misbehaves as told: a real
 * HTTP server on loopback.
 */
export class FaultySink {
  readonly arrivals = new Arrivals();
  readonly requests: SeenRequest[] = [];
  /** The bodies of the requests that carried spans; `undefined` is to keep none. */
  bodies: Buffer[] | undefined;
  /** Says what to do with a request; nothing is to take it. */
  behave: (request: FullRequest) => Behaviour | undefined = () => undefined;
  #port = 0;
  readonly #listeners = new Set<() => void>();
  readonly #server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("error", () => undefined);
    outgoing.on("error", () => undefined);
    incoming.on("end", () => this.#receive(incoming, outgoing, Buffer.concat(chunks)));
  });

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Requests that carried spans. */
  get spanRequests(): readonly SeenRequest[] {
    return this.requests.filter((request) => request.isSpans);
  }

  /** Listens, at the port of before where it has had one. */
  async open(): Promise<this> {
    const port = this.#port === 0 ? ownPort() : this.#port;
    const isTaken = await new Promise<boolean>((resolve, reject) => {
      const onError = (error: NodeJS.ErrnoException): void =>
        error.code === "EADDRINUSE" && this.#port === 0 ? resolve(true) : reject(error);
      this.#server.once("error", onError);
      this.#server.listen(port, "127.0.0.1", () => {
        this.#server.off("error", onError);
        resolve(false);
      });
    });
    if (isTaken) return this.open();
    this.#port = port;
    return this;
  }

  /** Connections are refused until {@link open} is called again. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  /** Breaks every connection, also those that wait for an answer. */
  breakConnections(): void {
    this.#server.closeAllConnections();
  }

  breakIdleConnections(): void {
    this.#server.closeIdleConnections();
  }

  /** Resolves as soon as it is so; looks after every request. The test's own timeout ends the waiting. */
  async until(isSo: () => boolean): Promise<void> {
    if (isSo()) return;
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (!isSo()) return;
        this.#listeners.delete(look);
        resolve();
      };
      this.#listeners.add(look);
    });
  }

  #receive(incoming: IncomingMessage, outgoing: ServerResponse, raw: Buffer): void {
    const path = incoming.url ?? "";
    const isSpans = path === spansPath;
    const body = incoming.headers["content-encoding"] === "gzip" ? gunzipSync(raw) : raw;
    const seen: SeenRequest = {
      path,
      headers: incoming.headers,
      atMillis: performance.now(),
      isSpans,
      status: "none",
      answeredAtMillis: undefined,
    };
    this.requests.push(seen);
    if (isSpans) this.bodies?.push(body);
    const behaviour = this.behave({ ...seen, body }) ?? { status: 200 };
    const isTaken =
      "status" in behaviour ? behaviour.status >= 200 && behaviour.status < 300 : takers.has(behaviour.kind);
    if (isTaken) this.arrivals.take({ ...seen, body });
    this.#answer(seen, outgoing, behaviour);
    for (const look of this.#listeners) look();
  }

  #answer(request: SeenRequest, outgoing: ServerResponse, behaviour: Behaviour): void {
    if ("status" in behaviour) {
      const { status, headers = {}, body = "", delayMillis } = behaviour;
      const answer = (): void => {
        request.status = status;
        request.answeredAtMillis = performance.now();
        outgoing.writeHead(status, headers).end(body);
      };
      if (delayMillis === undefined) answer();
      else setTimeout(answer, delayMillis);
      return;
    }
    if (behaviour.kind === "reset" || behaviour.kind === "lose-answer") outgoing.destroy();
    if (behaviour.kind === "drip") this.#drip(outgoing, behaviour);
  }

  #drip(outgoing: ServerResponse, { everyMillis, bytes }: { everyMillis: number; bytes: number }): void {
    outgoing.writeHead(200, { "content-type": "application/x-protobuf" });
    let sent = 0;
    const timer = setInterval(() => {
      outgoing.write("\0");
      if (++sent >= bytes) outgoing.end();
    }, everyMillis);
    outgoing.on("close", () => clearInterval(timer));
  }
}

export const startSink = async (behave?: (request: FullRequest) => Behaviour | undefined): Promise<FaultySink> => {
  const sink = await new FaultySink().open();
  if (behave !== undefined) sink.behave = behave;
  return sink;
};
