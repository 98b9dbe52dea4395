import OpenAI from "openai";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll } from "vitest";
import { startReplayServer, type ReplayServer } from "../../../test/support/replay-server.ts";

/** The real client, in front of a server that answers for the model `x` with the recording `x`. */
export interface ReplayedClient {
  readonly client: OpenAI;
  readonly server: ReplayServer;
}

/** Starts and stops one around the tests of a file. */
export const useReplayedClient = (): (() => ReplayedClient) => {
  let replayed: ReplayedClient;
  beforeAll(async () => {
    const folder = fileURLToPath(new URL("../../../test/fixtures/openai", import.meta.url));
    const server = await startReplayServer(folder);
    const client = new OpenAI({ apiKey: "none", baseURL: `${server.url}/v1`, maxRetries: 0, logLevel: "off" });
    replayed = { client, server };
  });
  afterAll(() => replayed.server.close());
  return () => replayed;
};
