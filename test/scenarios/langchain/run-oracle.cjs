const { autolog, TracelakeCallbackHandler } = require("@tracelake/langchain-callback");
const { load } = require("./load.cjs");
const { runOracle } = require("./oracle.cjs");

const createHandlers = (tracerProvider) => {
  if (process.env.HANDLER !== "autolog") return [new TracelakeCallbackHandler({ tracerProvider })];
  autolog({ tracerProvider });
  return [];
};

const run = async () =>
  runOracle({
    modules: await load(),
    createHandlers,
    scenarioTables: [require("./core-scenarios.cjs"), require("./graph-scenarios.cjs")],
    requests: Number(process.env.REQUESTS),
    atOnce: 60,
    seed: Number(process.env.SEED),
  });
void run().then((found) => console.log(JSON.stringify(found)));
