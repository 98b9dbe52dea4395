import { autolog, TracelakeCallbackHandler } from "@tracelake/langchain-callback";
import coreScenarios from "./core-scenarios.cjs";
import graphScenarios from "./graph-scenarios.cjs";
import { load } from "./load.mjs";
import { runOracle } from "./oracle.cjs";

const createHandlers = (tracerProvider) => {
  if (process.env.HANDLER !== "autolog") return [new TracelakeCallbackHandler({ tracerProvider })];
  autolog({ tracerProvider });
  return [];
};

const found = await runOracle({
  modules: await load(),
  createHandlers,
  scenarioTables: [coreScenarios, graphScenarios],
  requests: Number(process.env.REQUESTS),
  atOnce: 60,
  seed: Number(process.env.SEED),
});
console.log(JSON.stringify(found));
