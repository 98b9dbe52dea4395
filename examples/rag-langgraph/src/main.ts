import { Command, INTERRUPT, isInterrupted } from "@langchain/langgraph";
import { autolog } from "@tracelake/langchain-callback";
import { flush, getLastActiveTraceId } from "@tracelake/uc-exporter";
import { createAgent } from "./agent.ts";
import { createModel, startRecordedModel } from "./model.ts";
import { questions } from "./questions.ts";

autolog();

const endpoint = process.env["OPENAI_BASE_URL"];
const recorded = endpoint === undefined ? await startRecordedModel() : undefined;
const agent = createAgent(createModel(endpoint ?? recorded?.baseUrl));
const config = { configurable: { thread_id: "customer-17" }, metadata: { user_id: "ann" } };

try {
  for (const question of questions) {
    let state = await agent.invoke({ messages: [{ role: "user", content: question }] }, config);
    console.log(`\n${question}`);
    if (isInterrupted(state)) {
      console.log(`  A person is asked: ${JSON.stringify(state[INTERRUPT][0]?.value)}`);
      state = await agent.invoke(new Command({ resume: true }), config);
    }
    console.log(`  ${state.messages.at(-1)?.text}`);
  }
} finally {
  await flush();
  await recorded?.close();
}

console.log(`\nLast trace: ${getLastActiveTraceId()}`);
