import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI from "openai";
import { flush } from "@tracelake/uc-exporter";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createSupportAgent, type TicketAnswer } from "../src/agent.ts";
import type { LoopbackServer } from "../src/loopback-server.ts";
import { recordedModel } from "../src/model-settings.ts";
import { exchangeKey, type RecordedExchange } from "../src/recording.ts";
import { startReplayServer } from "../src/replay-server.ts";
import { readTickets } from "../src/tickets.ts";

let server: LoopbackServer;

afterEach(() => server.close());

function recordingsOf(body: string, chunks: RecordedExchange["chunks"]) {
  const key = exchangeKey("POST", "/v1/echo", body);
  const contentType = "text/event-stream";
  return new Map([[key, { key, method: "POST", path: "/v1/echo", status: 200, contentType, chunks }]]);
}

describe("the replay server", () => {
  it("answers a request that was never recorded with 404 and says what to do", async () => {
    server = await startReplayServer({ timeScale: 0 });
    const response = await fetch(`${server.baseUrl}/chat/completions`, { method: "POST", body: "{}" });
    expect(response.status).toBe(404);
    expect(await response.text()).toMatch(/No recorded answer for POST \/v1\/chat\/completions .*npm run record/);
  });

  it("recognises a request whose body has its keys in another order", async () => {
    const recordings = recordingsOf('{"a":1,"b":[{"c":2,"d":3}]}', [{ afterMillis: 0, text: "data: 1\n\n" }]);
    server = await startReplayServer({ timeScale: 0, recordings });
    const body = '{"b":[{"d":3,"c":2}],"a":1}';
    const response = await fetch(`${server.baseUrl}/echo?x=1`, { method: "POST", body });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe("data: 1\n\n");
  });

  it("sends a chunk before the next one is due", async () => {
    const recordings = recordingsOf("", [
      { afterMillis: 0, text: "data: first\n\n" },
      { afterMillis: 3_600_000, text: "data: second\n\n" },
    ]);
    server = await startReplayServer({ timeScale: 1, recordings });
    const response = await fetch(`${server.baseUrl}/echo`, { method: "POST" });
    const reader = response.body?.getReader();
    const piece = await reader?.read();
    expect(new TextDecoder().decode(piece?.value)).toBe("data: first\n\n");
    await reader?.cancel();
  });
});

describe("the agent on recorded answers", () => {
  const folder = mkdtempSync(join(tmpdir(), "support-agent-"));
  const answers = new Map<string, TicketAnswer>();

  beforeAll(async () => {
    process.env["TRACELAKE_DIRECTORY"] = folder;
    server = await startReplayServer({ timeScale: 0 });
    const client = new OpenAI({ baseURL: server.baseUrl, apiKey: "none" });
    const models = { model: recordedModel, embeddingModel: recordedModel };
    const answerTicket = await createSupportAgent({ client, ...models });
    for (const ticket of readTickets()) answers.set(ticket.id, await answerTicket(ticket));
  });

  afterAll(async () => {
    await flush();
    delete process.env["TRACELAKE_DIRECTORY"];
    rmSync(folder, { recursive: true });
  });

  it("answers every ticket", () => {
    expect(answers.size).toBeGreaterThanOrEqual(12);
    expect([...answers.values()].filter(({ text }) => text === "")).toEqual([]);
  });

  it("goes on after a tool that failed, and says so to the customer", () => {
    const failed = [...answers].filter(([, { tool }]) => tool?.error !== undefined);
    expect(failed.map(([id]) => id)).toEqual(["T-2004", "T-2013", "T-2015"]);
    for (const [, { text }] of failed) expect(text).toMatch(/gave no answer/);
  });
});
