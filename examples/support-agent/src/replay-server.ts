import { setTimeout as sleep } from "node:timers/promises";
import { type LoopbackServer, sendError, startLoopbackServer } from "./loopback-server.ts";
import { exchangeKey, type RecordedExchange, readRecordings } from "./recording.ts";

export interface ReplayServerOptions {
  recordings?: Map<string, RecordedExchange>;
  /**
   * What the recorded times are multiplied with: 1 is as slow as the model was, 0 does not wait at all. Taken from
   * `REPLAY_TIME_SCALE` unless given.
   */
  timeScale?: number;
}

const defaultTimeScale = "0.05";

/**
 * Serves recorded answers of a real model over real HTTP, streams chunk by chunk. A request that was never recorded is
 * answered with 404.
 */
export function startReplayServer({
  recordings = readRecordings(),
  timeScale = Number(process.env["REPLAY_TIME_SCALE"] ?? defaultTimeScale),
}: ReplayServerOptions = {}): Promise<LoopbackServer> {
  if (!(timeScale >= 0)) throw new Error("REPLAY_TIME_SCALE must be a number that is not negative, such as 0.5.");

  return startLoopbackServer(async ({ method, path, body }, response) => {
    const key = exchangeKey(method, path, body);
    const recorded = recordings.get(key);
    if (!recorded) {
      sendError(
        response,
        404,
        `No recorded answer for ${method} ${path} (key ${key}). The recordings hold what the agent asks as it is: ` +
          "after a change to the agent, its documents or its tickets, make them again with `npm run record`, " +
          "or set OPENAI_BASE_URL to use a model.",
      );
      return;
    }

    const startedAt = performance.now();
    const waitUntil = async (afterMillis: number) => {
      const remainingMillis = afterMillis * timeScale - (performance.now() - startedAt);
      if (remainingMillis > 0) await sleep(remainingMillis);
    };

    await waitUntil(recorded.chunks[0]?.afterMillis ?? 0);
    response.writeHead(recorded.status, { "content-type": recorded.contentType });
    for (const { afterMillis, text } of recorded.chunks) {
      await waitUntil(afterMillis);
      if (response.destroyed) return;
      response.write(text);
    }
    response.end();
  });
}
