// One of several workers that score the traces of one location, until somebody ends it.
import { setTimeout as pause } from "node:timers/promises";
import { defineScorer, runMonitor, sqlLeases } from "@tracelake/monitor";
import { connectWorkspace, statementExecution } from "@tracelake/workspace-client";

const { url, token, location, leaseTable, leaseMillis, writeTimeoutMillis, sessionQuietMillis } = JSON.parse(
  process.argv[2],
);
const connection = connectWorkspace({ host: url, token, sqlWarehouseId: "local" }, {});

const single = defineScorer("single", async () => {
  await pause(Math.random() * 30);
  return "yes";
});
const twofold = defineScorer("twofold", () => [
  { name: "twofold/first", value: "yes" },
  { name: "twofold/second", value: "no" },
]);
// Of a conversation, again and again while it goes on.
const turns = {
  name: "turns",
  record: { type: "code", name: "turns", isSessionLevel: true },
  score: async ({ session }) => ({ type: "scored", feedbacks: [{ value: session.length }] }),
};

await runMonitor({
  connection,
  location,
  scorers: [single, twofold, turns],
  leases: sqlLeases(statementExecution(connection, { sqlWarehouseId: "local" }), { table: leaseTable, shardCount: 12 }),
  leaseMillis,
  writeTimeoutMillis,
  sessionQuietMillis,
  pollMillis: 200,
  settleMillis: 0,
  onProblem: ({ message }) => process.send({ problem: message }),
  onProgress: (counts) => process.send({ counts }),
});
