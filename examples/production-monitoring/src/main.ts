import {
  createJudgeClient,
  guidelines,
  listScorers,
  runMonitor,
  safety,
  setDatabricksMonitoringSqlWarehouseId,
} from "@tracelake/monitor";
import { shutdown, start } from "@tracelake/uc-exporter";
import { connectWorkspace, rowsByName, setExperiment, statementExecution } from "@tracelake/workspace-client";
import { stringifyJson } from "@tracelake/wire";
import { answer } from "./agent.ts";
import { conversations } from "./conversations.ts";
import { startJudgeServer } from "./judge-server.ts";

const { EXPERIMENT = "/Shared/support-agent", LOCATION = "main.agents.support" } = process.env;
const guideline = "The response must be professional and helpful.";

// DATABRICKS_HOST and DATABRICKS_TOKEN, or any other credentials, and MLFLOW_TRACING_SQL_WAREHOUSE_ID.
const connection = connectWorkspace();

// 1. The experiment and the tables of its traces, then the warehouse with which scorers read them.
const { experiment_id: experimentId } = await setExperiment(connection, { name: EXPERIMENT, traceLocation: LOCATION });
const { sqlWarehouseId = "" } = connection;
await setDatabricksMonitoringSqlWarehouseId({ sqlWarehouseId, experimentId, connection });

// 2. What judges the traffic: every trace for safety, every second one for its tone.
const experiment = { experimentId, connection };
const registered = await safety().register({ name: "production_safety", ...experiment });
await registered.start({ sampleRate: 1 });
const tone = await guidelines({ guidelines: guideline }).register({ name: "production_tone", ...experiment });
await tone.start({ sampleRate: 0.5 });
for (const { name, sampleRate } of await listScorers(experiment)) console.log(`${name} scores ${sampleRate * 100} %`);

// 3. Traffic.
start({ destination: LOCATION });
for (const [index, { question }] of conversations.entries()) await answer(question, `chat-${index}`);
await shutdown();

// 4. Databricks scores by itself, the first traces after 15 to 20 minutes. On one's own machine this does, with a judge whose
// verdicts stand in a file, or with that of OPENAI_BASE_URL.
if (connection.service === "local") {
  const server = process.env["OPENAI_BASE_URL"] === undefined ? await startJudgeServer(guideline) : undefined;
  const providers = server === undefined ? {} : { providers: { openai: { baseUrl: server.baseUrl } } };
  const judge = createJudgeClient({ defaultModel: "openai:/gpt-4.1-mini", ...providers });
  try {
    const onProblem = ({ message }: { readonly message: string }): void => console.error(message);
    const { scored } = await runMonitor({ connection, experiment: { experimentId }, judge, once: true, onProblem });
    console.log(`${scored} judgements`);
  } finally {
    server?.close();
  }
}

// 5. What they say, in SQL.
const sql = statementExecution(connection, { sqlWarehouseId });
const isNo = `TRIM(BOTH '"' FROM a.feedback.value) = 'no'`;
const judged = await sql.query(
  `SELECT a.assessment_name AS scorer, COUNT(*) AS judged, COUNT_IF(${isNo}) AS failed,
  MAX(CASE WHEN ${isNo} THEN a.rationale END) AS example
FROM ${LOCATION}_trace_metadata LATERAL VIEW EXPLODE(assessments) t AS a
GROUP BY a.assessment_name ORDER BY a.assessment_name`,
);
for (const row of rowsByName(judged)) console.log(stringifyJson(row));
