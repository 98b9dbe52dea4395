import OpenAI from "openai";
import { autolog } from "@tracelake/autolog-openai";
import { flush, getLastActiveTraceId } from "@tracelake/uc-exporter";
import { createSupportAgent, type TicketAnswer } from "./agent.ts";
import { readModelSettings, recordedModel } from "./model-settings.ts";
import { startReplayServer } from "./replay-server.ts";
import { readTickets } from "./tickets.ts";

autolog();

const endpoint = process.env["OPENAI_BASE_URL"];
const replay = endpoint ? undefined : await startReplayServer();
const settings = endpoint ? readModelSettings() : { model: recordedModel, embeddingModel: recordedModel };
const tickets = readTickets();

console.log(
  endpoint
    ? `Answering ${tickets.length} tickets with ${settings.model} at ${endpoint}`
    : `Answering ${tickets.length} tickets with recorded answers of ${settings.model}`,
);

try {
  const client = new OpenAI({
    baseURL: endpoint ?? replay?.baseUrl,
    apiKey: process.env["OPENAI_API_KEY"] ?? "none",
  });
  const answerTicket = await createSupportAgent({ client, ...settings });

  for (const ticket of tickets) {
    const answer = await answerTicket(ticket);
    console.log(`\n${ticket.id}  ${ticket.text}\n        ${describe(answer)}${answer.text}`);
  }
} finally {
  await flush();
  await replay?.close();
}

console.log(`\nLast trace: ${getLastActiveTraceId()}`);

function describe({ tool }: TicketAnswer): string {
  if (!tool) return "";
  return tool.error ? `[${tool.name} failed: ${tool.error}] ` : `[${tool.name}] `;
}
