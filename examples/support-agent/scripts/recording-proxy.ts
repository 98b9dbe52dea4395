import { type LoopbackServer, startLoopbackServer } from "../src/loopback-server.ts";
import { exchangeKey, type RecordedExchange } from "../src/recording.ts";

export interface RecordingProxy extends LoopbackServer {
  /** What was recorded since the last call. */
  takeRecorded(): RecordedExchange[];
}

/** Passes every request on to `upstream`, the origin of a model server, and keeps what came back and when. */
export async function startRecordingProxy(upstream: string): Promise<RecordingProxy> {
  let recorded: RecordedExchange[] = [];

  const server = await startLoopbackServer(async ({ method, path, body }, response) => {
    const startedAt = performance.now();
    const answer = await fetch(new URL(path, upstream), {
      method,
      headers: { "content-type": "application/json" },
      ...(body === "" ? {} : { body }),
    });
    const contentType = answer.headers.get("content-type") ?? "application/octet-stream";
    const exchange: RecordedExchange = {
      key: exchangeKey(method, path, body),
      method,
      path,
      status: answer.status,
      contentType,
      chunks: [],
    };

    response.writeHead(answer.status, { "content-type": contentType });
    const decoder = new TextDecoder();
    for await (const bytes of answer.body ?? []) {
      const text = decoder.decode(bytes as Uint8Array, { stream: true });
      exchange.chunks.push({ afterMillis: Math.round(performance.now() - startedAt), text });
      response.write(bytes);
    }
    recorded.push(exchange);
    response.end();
  });

  return {
    ...server,
    takeRecorded() {
      const taken = recorded;
      recorded = [];
      return taken;
    },
  };
}
