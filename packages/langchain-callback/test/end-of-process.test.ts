import { RunnableLambda } from "@langchain/core/runnables";
import { expect, it } from "vitest";
import { startRecorder } from "../../../test/support/span-recorder.ts";

it("the end of the process is watched once there is a run, and not before", async () => {
  const listeners = (): number => process.listenerCount("beforeExit");
  const before = listeners();
  const { TracelakeCallbackHandler } = await import("@tracelake/langchain-callback");
  startRecorder();
  const callbacks = [new TracelakeCallbackHandler()];
  expect(listeners()).toBe(before);
  const chain = RunnableLambda.from((text: string) => text.length);
  await chain.invoke("one", { callbacks });
  await chain.invoke("two", { callbacks });
  expect(listeners()).toBe(before + 1);
});
