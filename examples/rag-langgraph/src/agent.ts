import { AIMessage, HumanMessage, SystemMessage } from "@langchain/core/messages";
import { Annotation, END, interrupt, MemorySaver, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import type { ChatOpenAI } from "@langchain/openai";
import { answerPrompt, searchPrompt } from "./prompts.ts";
import { searchHelpPages } from "./search-tool.ts";

const State = Annotation.Root({
  ...MessagesAnnotation.spec,
  /** How often the help pages were searched for the question at hand. */
  searches: Annotation<number>,
  helpPages: Annotation<string>,
});
type State = typeof State.State;

const questionOf = ({ messages }: State): string =>
  messages.findLast((message) => HumanMessage.isInstance(message))?.text ?? "";

const isAboutMoney = (state: State): boolean =>
  /refund|money/i.test(`${questionOf(state)} ${state.messages.at(-1)?.text}`);

/**
 * The graph that answers one question after another: the model decides what to search for, a second search with the
 * customer's own words is made where the first found nothing, and a person is asked before an answer promises money. It
 * remembers each conversation by its `thread_id`.
 */
export const createAgent = (model: ChatOpenAI) => {
  const plan = async (state: State) => {
    const { text } = await model.invoke(searchPrompt(questionOf(state)));
    return { messages: [callSearch(text.trim())], searches: 0 };
  };

  const planAgain = (state: State) => ({ messages: [callSearch(questionOf(state))] });

  const search = async ({ messages, searches }: State) => {
    const [call] = messages.findLast((message) => AIMessage.isInstance(message))?.tool_calls ?? [];
    const found = await searchHelpPages.invoke({ name: searchHelpPages.name, args: {}, ...call, type: "tool_call" });
    return { messages: [found], helpPages: found.text, searches: searches + 1 };
  };

  const answer = async (state: State) => ({
    messages: [await model.invoke(answerPrompt(state.helpPages, questionOf(state)))],
  });

  const approve = ({ messages }: State) => {
    const isApproved: unknown = interrupt({ approve: messages.at(-1)?.text });
    return isApproved === true ? {} : { messages: [new SystemMessage("A colleague will write to you about this.")] };
  };

  return new StateGraph(State)
    .addNode("plan", plan)
    .addNode("plan_again", planAgain)
    .addNode("search", search)
    .addNode("answer", answer)
    .addNode("approve", approve)
    .addEdge(START, "plan")
    .addEdge("plan", "search")
    .addConditionalEdges(
      "search",
      ({ helpPages, searches }) => (helpPages === "" && searches < 2 ? "plan_again" : "answer"),
      ["plan_again", "answer"],
    )
    .addEdge("plan_again", "search")
    .addConditionalEdges("answer", (state) => (isAboutMoney(state) ? "approve" : END), ["approve", END])
    .addEdge("approve", END)
    .compile({ checkpointer: new MemorySaver(), name: "help_desk" });
};

let calls = 0;

const callSearch = (query: string): AIMessage =>
  new AIMessage({
    content: "",
    tool_calls: [{ id: `search_${++calls}`, name: searchHelpPages.name, args: { query }, type: "tool_call" }],
  });
