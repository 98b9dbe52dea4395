import type OpenAI from "openai";

type Message = OpenAI.ChatCompletionMessageParam;

const instructions = "You are the support agent of the shop Fernhill Outdoor.";

/** What the agent did about a ticket before it answers. */
export interface AnswerContext {
  ticketText: string;
  toolRun: ToolRun | undefined;
  /** The help page that fits the ticket best. */
  helpPage: string;
}

export interface ToolRun {
  call: OpenAI.ChatCompletionMessageFunctionToolCall;
  /** What the tool gave back, as JSON. */
  content: string;
  /** Why the tool failed. */
  error: string | undefined;
}

interface Example {
  ticket: string;
  result?: Record<string, string>;
  page: string;
  answer: string;
}

// So small a model repeats the last thing it saw: it gets only examples of the case at hand, in the words to be used.
const examples: Record<string, Example[]> = {
  question: [
    {
      ticket: "Do you deliver on Sundays?",
      page: "Standard delivery takes two to four working days. Parcels are not delivered on Sundays.",
      answer: "Parcels are not delivered on Sundays.",
    },
    {
      ticket: "How long does a repair take?",
      page: "Our workshop mends tents. A repair takes about ten working days. Wash the item first.",
      answer: "A repair takes about ten working days.",
    },
    {
      ticket: "Can I return a gas canister?",
      page: "Unused items can be returned within 60 days. Gas canisters cannot be returned.",
      answer: "Gas canisters cannot be returned.",
    },
  ],
  failed: [
    {
      ticket: "The mug from FH-0291 came with a crack, please refund it.",
      result: { error: "Petrel gave no answer in 150 ms" },
      page: "If an item arrives broken, send us a photo. We refund the item or send a new one.",
      answer: "I am sorry, Petrel gave no answer. If an item arrives broken, send us a photo.",
    },
    {
      ticket: "When does FH-0388 arrive?",
      result: { error: "Osprey gave no answer in 150 ms" },
      page: "The carrier updates the status every day. We check the parcel by hand and write to you.",
      answer: "I am sorry, Osprey gave no answer. We check the parcel by hand and write to you.",
    },
  ],
  lookup_order: [
    {
      ticket: "FH-0345 has not arrived.",
      result: { items: "Loch bottle", status: "delivered on 2 May" },
      page: "Ask your neighbours first. We then send the item again free of charge.",
      answer: "Your Loch bottle was delivered on 2 May. We then send the item again free of charge.",
    },
    {
      ticket: "Did FH-0327 leave yet? I have not received it.",
      result: { items: "Glen socks", status: "packed" },
      page: "We pack until 14:00. The carrier collects parcels every evening.",
      answer: "Your Glen socks are packed. The carrier collects parcels every evening.",
    },
    {
      ticket: "Where is FH-0314?",
      result: { items: "Dale cap", status: "on the way, arrives on Tuesday" },
      page: "Standard delivery takes two to four working days. Parcels are not delivered on Sundays.",
      answer: "Your Dale cap is on the way, arrives on Tuesday. Standard delivery takes two to four working days.",
    },
  ],
  refund_order: [
    {
      ticket: "My mat from FH-0262 was torn. I would like a refund.",
      result: { items: "Dune mat", status: "delivered on 7 May", refund: "sent" },
      page: "The bank needs up to five working days. The money goes to the card that paid.",
      answer: "I am sorry about your Dune mat. We have sent the refund. The money goes to the card that paid.",
    },
    {
      ticket: "The lamp in FH-0271 arrived broken, I want my money back.",
      result: { items: "Glow lamp", status: "delivered on 1 May", refund: "sent" },
      page: "If an item arrives broken, you do not have to return it. Please keep the packaging.",
      answer: "I am sorry about your Glow lamp. We have sent the refund. You do not have to return it.",
    },
  ],
  send_return_label: [
    {
      ticket: "The shoes in FH-0433 are too big, can I change the size?",
      result: { items: "Strand shoes", status: "delivered on 8 May", label: "sent" },
      page: "Write the size you need on the slip. The new size leaves the warehouse soon.",
      answer: "We have sent you a return label for your Strand shoes. Write the size you need on the slip.",
    },
    {
      ticket: "I would like to send the scarf from FH-0402 back.",
      result: { items: "Brae scarf", status: "delivered on 3 May", label: "sent" },
      page: "Put the label on the parcel and hand it in at any parcel shop. Returning is free.",
      answer:
        "We have sent you a return label for your Brae scarf. Put the label on the parcel and hand it in at any parcel shop.",
    },
  ],
  open_ticket: [
    {
      ticket: "Can you add a cap to FH-0367?",
      result: { items: "Wold gloves", status: "packed", ticket: "opened", team: "warehouse" },
      page: "An order can be changed until it is packed. After that we cannot add items.",
      answer: "I have asked our warehouse about your Wold gloves. An order can be changed until it is packed.",
    },
    {
      ticket: "A pole of the tent from FH-0355 snapped. Do you repair it?",
      result: {
        items: "Isle tent",
        status: "delivered last year",
        ticket: "opened",
        team: "workshop",
      },
      page: "Our workshop mends tents. Under warranty the repair is free.",
      answer: "I have asked our workshop about your Isle tent. Under warranty the repair is free.",
    },
  ],
};

/** The conversation after which the model writes the answer to the customer. */
export function writeAnswerPrompt({ ticketText, toolRun, helpPage }: AnswerContext): Message[] {
  const tool = toolRun?.call.function.name ?? "question";
  const kind = toolRun?.error === undefined ? tool : "failed";
  return [
    { role: "system", content: instructions },
    ...(examples[kind] ?? []).flatMap((example) => exampleTurns(tool, example)),
    ...turns(ticketText, toolRun, helpPage),
  ];
}

function exampleTurns(tool: string, { ticket, result, page, answer }: Example): Message[] {
  const orderId = /FH-\d{4}/.exec(ticket)?.[0] ?? "";
  const toolRun: ToolRun | undefined = result && {
    call: {
      id: orderId,
      type: "function",
      function: { name: tool, arguments: JSON.stringify({ order_id: orderId }) },
    },
    content: JSON.stringify(result),
    error: undefined,
  };
  return [...turns(ticket, toolRun, page), { role: "assistant", content: answer }];
}

function turns(ticket: string, toolRun: ToolRun | undefined, page: string): Message[] {
  const toolTurns: Message[] = toolRun
    ? [
        { role: "assistant", tool_calls: [toolRun.call] },
        { role: "tool", tool_call_id: toolRun.call.id, content: toolRun.content },
      ]
    : [];
  return [{ role: "user", content: ticket }, ...toolTurns, { role: "system", content: `Help page: ${page}` }];
}
