import type OpenAI from "openai";
import { SpanType, trace } from "@tracelake/uc-exporter";
import { carrierStatus, findOrder } from "./orders.ts";

interface Tool {
  description: string;
  parameters: Record<string, unknown>;
  run: (args: Record<string, string>) => unknown;
}

const orderIdSchema = { type: "string", pattern: "^FH-[0-9]{4}$" };

async function readOrder(orderId: string) {
  const { items, carrier } = findOrder(orderId);
  return { items, status: await carrierStatus(carrier, orderId) };
}

const lookupOrder = trace(
  async function lookupOrder(orderId: string) {
    return readOrder(orderId);
  },
  { name: "lookup_order", spanType: SpanType.TOOL },
);

const refundOrder = trace(
  async function refundOrder(orderId: string) {
    return { ...(await readOrder(orderId)), refund: "sent" };
  },
  { name: "refund_order", spanType: SpanType.TOOL },
);

const sendReturnLabel = trace(
  async function sendReturnLabel(orderId: string) {
    return { ...(await readOrder(orderId)), label: "sent" };
  },
  { name: "send_return_label", spanType: SpanType.TOOL },
);

const openTicket = trace(
  async function openTicket(orderId: string, team: string) {
    return { ...(await readOrder(orderId)), ticket: "opened", team };
  },
  { name: "open_ticket", spanType: SpanType.TOOL },
);

const tools: Record<string, Tool> = {
  lookup_order: {
    description: "Look up an order and where its parcel is",
    parameters: { order_id: orderIdSchema },
    run: ({ order_id = "" }) => lookupOrder(order_id),
  },
  refund_order: {
    description: "Pay the money of an order back",
    parameters: { order_id: orderIdSchema },
    run: ({ order_id = "" }) => refundOrder(order_id),
  },
  send_return_label: {
    description: "Send the customer a label to return or exchange an order",
    parameters: { order_id: orderIdSchema },
    run: ({ order_id = "" }) => sendReturnLabel(order_id),
  },
  open_ticket: {
    description: "Hand the case over to a person",
    parameters: {
      order_id: orderIdSchema,
      team: { type: "string", enum: ["carrier", "warehouse", "workshop"] },
    },
    run: ({ order_id = "", team = "" }) => openTicket(order_id, team),
  },
};

/** The tools as the chat completions API wants them. */
export const toolDefinitions: OpenAI.ChatCompletionTool[] = Object.entries(tools).map(
  ([name, { description, parameters }]) => ({
    type: "function",
    function: {
      name,
      description,
      parameters: {
        type: "object",
        properties: parameters,
        required: Object.keys(parameters),
        additionalProperties: false,
      },
    },
  }),
);

/** What a tool gave back, as JSON for the model; `error` is set when the tool threw. */
export interface ToolResult {
  content: string;
  error: string | undefined;
}

/**
 * Runs the tool that the model called. A tool that throws does not end the conversation: the model is told what went
 * wrong, and answers accordingly.
 */
export async function runToolCall({
  function: { name, arguments: json },
}: OpenAI.ChatCompletionMessageFunctionToolCall): Promise<ToolResult> {
  try {
    const tool = tools[name];
    if (!tool) throw new Error(`There is no tool ${name}`);
    const result = await tool.run(JSON.parse(json) as Record<string, string>);
    return { content: JSON.stringify(result), error: undefined };
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown.message : String(thrown);
    return { content: JSON.stringify({ error }), error };
  }
}
