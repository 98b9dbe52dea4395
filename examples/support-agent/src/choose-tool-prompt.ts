import type OpenAI from "openai";

const instructions = "You are the support agent of the shop Fernhill Outdoor. Call the tool that the ticket needs.";

type Example = [ticket: string, tool: string, orderId: string, team?: string];

// A model as small as 270 million parameters learns what to do from worked examples, not from instructions.
const examples: Example[] = [
  ["Where is FH-0314?", "lookup_order", "FH-0314"],
  ["The lamp in FH-0271 arrived broken, I want my money back.", "refund_order", "FH-0271"],
  ["I would like to send the scarf from FH-0402 back.", "send_return_label", "FH-0402"],
  ["A pole of the tent from FH-0355 snapped. Do you repair it?", "open_ticket", "FH-0355", "workshop"],
  ["When does order FH-0388 arrive?", "lookup_order", "FH-0388"],
  ["My mat from FH-0262 was torn. I would like a refund.", "refund_order", "FH-0262"],
  ["Send me a label to return the cap from FH-0411.", "send_return_label", "FH-0411"],
  ["I sent FH-0322 back, when do I get the money?", "lookup_order", "FH-0322"],
  ["FH-0345 says delivered, but I did not receive it.", "lookup_order", "FH-0345"],
  ["The cup in FH-0291 came with a crack, please refund it.", "refund_order", "FH-0291"],
  ["The shoes in FH-0433 are too big, can I change the size?", "send_return_label", "FH-0433"],
  ["Can you change the address of FH-0367?", "open_ticket", "FH-0367", "warehouse"],
];

/** The conversation after which the model calls a tool. */
export function chooseToolPrompt(ticketText: string): OpenAI.ChatCompletionMessageParam[] {
  return [
    { role: "system", content: instructions },
    ...examples.flatMap(([ticket, name, orderId, team]): OpenAI.ChatCompletionMessageParam[] => {
      const args = JSON.stringify({ order_id: orderId, team });
      return [
        { role: "user", content: ticket },
        {
          role: "assistant",
          tool_calls: [{ id: orderId, type: "function", function: { name, arguments: args } }],
        },
      ];
    }),
    { role: "user", content: ticketText },
  ];
}
