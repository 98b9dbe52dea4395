import { StringOutputParser } from "@langchain/core/output_parsers";
import { ChatPromptTemplate } from "@langchain/core/prompts";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import { TracelakeCallbackHandler } from "@tracelake/langchain-callback";
import { flush, shutdown, start, stats } from "@tracelake/uc-exporter";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const directory = mkdtempSync(join(tmpdir(), "tracelake-serverless-"));
beforeAll(() => start({ destination: { type: "local", directory } }));
afterAll(async () => {
  await shutdown();
  rmSync(directory, { recursive: true, force: true });
});

/** A handler of the application's that LangChain runs in the background, after the call has returned. */
const slow = {
  name: "slow",
  awaitHandlers: false,
  handleChainEnd: () => new Promise((resolve) => setTimeout(resolve, 50)),
};

describe("a function that answers, flushes once and is frozen", () => {
  it("has delivered everything, whatever runs in the background", async () => {
    const handle = async () => {
      const model = new FakeListChatModel({ responses: ["A lake holds rivers."] });
      const chain = ChatPromptTemplate.fromTemplate("{q}").pipe(model).pipe(new StringOutputParser());
      const answer = await chain.invoke({ q: "?" }, { callbacks: [slow, new TracelakeCallbackHandler()] });
      const accepted = stats()?.accepted;
      return { answer, accepted, delivered: await flush() };
    };
    const { answer, accepted, delivered } = await handle();
    expect(answer).toBe("A lake holds rivers.");
    expect(accepted).toBe(4);
    expect(delivered).toMatchObject({ dropped: 0 });
    expect(delivered.durable + delivered.exported).toBe(accepted);
  });
});
