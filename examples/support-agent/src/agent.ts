import type OpenAI from "openai";
import { SpanType, trace, updateCurrentTrace } from "@tracelake/uc-exporter";
import { chooseToolPrompt } from "./choose-tool-prompt.ts";
import { createDocumentSearch } from "./document-index.ts";
import { runToolCall, toolDefinitions } from "./tools.ts";
import { type AnswerContext, type ToolRun, writeAnswerPrompt } from "./write-answer-prompt.ts";

export interface Ticket {
  id: string;
  user: string;
  session: string;
  channel: string;
  text: string;
}

export interface TicketAnswer {
  text: string;
  /** The tool that ran, if the ticket is about an order. */
  tool: { name: string; error: string | undefined } | undefined;
}

export interface SupportAgentOptions {
  client: OpenAI;
  model: string;
  /** Leave it out for an endpoint without embeddings. */
  embeddingModel: string | undefined;
}

const documentsPerTicket = 3;
const orderNumber = /\bFH-\d{4}\b/;

/** Indexes the help pages and returns the function that answers a ticket. */
export async function createSupportAgent({ client, model, embeddingModel }: SupportAgentOptions) {
  const searchDocuments = await createDocumentSearch({ client, embeddingModel });
  const settings = { model, temperature: 0, seed: 7, max_tokens: 64 };

  async function runChosenTool(ticketText: string): Promise<ToolRun | undefined> {
    const { choices } = await client.chat.completions.create({
      ...settings,
      messages: chooseToolPrompt(ticketText),
      tools: toolDefinitions,
      tool_choice: "required",
      parallel_tool_calls: false,
    });
    const call = choices[0]?.message.tool_calls?.find((candidate) => candidate.type === "function");
    return call && { call, ...(await runToolCall(call)) };
  }

  async function writeAnswer(context: AnswerContext): Promise<string> {
    const stream = await client.chat.completions.create({
      ...settings,
      messages: writeAnswerPrompt(context),
      stop: ["\n"],
      stream: true,
      stream_options: { include_usage: true },
    });
    let answer = "";
    for await (const { choices } of stream) answer += choices[0]?.delta.content ?? "";
    return answer.trim();
  }

  async function answerTicket(ticket: Ticket): Promise<TicketAnswer> {
    updateCurrentTrace({
      session: ticket.session,
      user: ticket.user,
      tags: { ticket: ticket.id, channel: ticket.channel },
    });

    const documents = await searchDocuments(ticket.text, documentsPerTicket);
    const toolRun = orderNumber.test(ticket.text) ? await runChosenTool(ticket.text) : undefined;
    const text = await writeAnswer({
      ticketText: ticket.text,
      toolRun,
      helpPage: documents[0]?.page_content ?? "",
    });
    return { text, tool: toolRun && { name: toolRun.call.function.name, error: toolRun.error } };
  }

  return trace(answerTicket, { name: "answer_ticket", spanType: SpanType.CHAIN });
}
