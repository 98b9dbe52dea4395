import { homedir } from "node:os";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import OpenAI from "openai";
import { createSupportAgent } from "../src/agent.ts";
import { recordedModel } from "../src/model-settings.ts";
import { recordingsFolder } from "../src/recording.ts";
import { readTickets } from "../src/tickets.ts";
import { startModelServer } from "./model-server.ts";
import { startRecordingProxy } from "./recording-proxy.ts";

const modelServer = await startModelServer();
const proxy = await startRecordingProxy(modelServer.origin);

try {
  const client = new OpenAI({ baseURL: proxy.baseUrl, apiKey: "none" });
  const files = new Map<string, string>();
  const keep = (name: string) => {
    const text = `${JSON.stringify(proxy.takeRecorded(), null, 1)}\n`;
    if (text.includes(homedir()) || text.includes(process.cwd())) {
      throw new Error(`The answers for ${name} name a folder of this machine`);
    }
    files.set(`${name}.json`, text);
  };

  const answerTicket = await createSupportAgent({
    client,
    model: recordedModel,
    embeddingModel: recordedModel,
  });
  keep("documents");
  for (const ticket of readTickets()) {
    const { text } = await answerTicket(ticket);
    keep(ticket.id);
    console.log(`${ticket.id}  ${text}`);
  }

  for (const name of readdirSync(recordingsFolder)) rmSync(new URL(name, recordingsFolder));
  for (const [name, text] of files) writeFileSync(new URL(name, recordingsFolder), text);
} finally {
  await proxy.close();
  await modelServer.close();
}
