import { once } from "node:events";
import { createInterface } from "node:readline";
import { expect, it } from "vitest";
import { startExample, withLinkedWorkspace } from "../../../test/support/local-example.ts";

it("a served agent has sent a trace before it takes the next request", { timeout: 60_000 }, async () => {
  const names = { experiment: "/Shared/serving", location: "main.agents.serving" };
  await withLinkedWorkspace(names, async ({ environment, experimentId, traces }) => {
    const child = startExample("model-serving/src/main.ts", {
      ...environment,
      ENABLE_MLFLOW_TRACING: "true",
      MLFLOW_EXPERIMENT_ID: experimentId,
    });
    const ended = once(child, "close");
    child.stderr.pipe(process.stderr);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const ask = async (id: string): Promise<unknown> => {
      const messages = [{ role: "user", content: `Hello ${id}` }];
      child.stdin.write(`${JSON.stringify({ client_request_id: id, messages })}\n`);
      return JSON.parse(String((await lines.next()).value));
    };
    expect(await ask("r-1")).toMatchObject({ choices: [{ message: { content: "You said: Hello r-1" } }] });
    // The second answer comes after the first trace was sent.
    await ask("r-2");
    expect((await traces()).map(({ info }) => info.clientRequestId)).toContain("r-1");
    child.stdin.end();
    expect(await ended).toEqual([0, null]);
    expect(await traces()).toMatchObject([{ spans: [{ name: "predict" }] }, { spans: [{ name: "predict" }] }]);
  });
});
