import { AIMessage, HumanMessage, SystemMessage, type BaseMessage } from "@langchain/core/messages";

// So small a model learns what is wanted from examples alone.
const searches: readonly [question: string, search: string][] = [
  ["Is the jacket waterproof?", "jacket waterproof"],
  ["How long does it take until a parcel is here?", "parcel delivery time"],
  ["My stove has a leak. Can you mend it?", "stove repair"],
];

const answers: readonly [pages: string, question: string, answer: string][] = [
  ["Gift cards are valid for three years.", "How long is a gift card valid?", "Gift cards are valid for three years."],
  [
    "The workshop is closed in August. A new zip costs 15 euros.",
    "What does a new zip cost?",
    "A new zip costs 15 euros.",
  ],
  ["", "Do you sell boats?", "I am sorry, our help pages say nothing about that."],
];

const withPages = (pages: string, question: string): string => `Help pages: ${pages}\nQuestion: ${question}`;

/** What makes the model write search words for a question. */
export const searchPrompt = (question: string): BaseMessage[] => [
  new SystemMessage("Write the words to search the help pages of a shop for."),
  ...searches.flatMap(([asked, search]) => [new HumanMessage(asked), new AIMessage(search)]),
  new HumanMessage(question),
];

/** What makes the model answer a question from help pages. */
export const answerPrompt = (pages: string, question: string): BaseMessage[] => [
  new SystemMessage("Answer the customer in one sentence, from the help pages alone."),
  ...answers.flatMap(([found, asked, answer]) => [new HumanMessage(withPages(found, asked)), new AIMessage(answer)]),
  new HumanMessage(withPages(pages, question)),
];
