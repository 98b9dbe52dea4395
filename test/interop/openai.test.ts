import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fromAnyValue, type AnyValue, type JsonValue } from "@tracelake/wire";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startReplayServer, type ReplayServer } from "../support/replay-server.ts";
import { allowedInEveryTrace, unexplained, unused, type AllowedDifference } from "./allowed-differences.ts";
import { differencesOf, writingOf, type Writing } from "./differences.ts";
import { interopFolder, runNode, runPython } from "./python.ts";
import { startWorkspaceRecorder } from "./workspace-recorder.ts";

const location = "main.agents";
const callsFile = join(interopFolder, "scenarios", "openai-calls.json");

const allowed: readonly AllowedDifference[] = [
  {
    where: /attribute (gen_ai|openai|server|http|error)\./,
    reason: "Ours follows OpenTelemetry's conventions for model calls as well.",
  },
  {
    where: /attribute tracelake\.stream\.time_to_first_token$/,
    reason: "Ours says when the first content of a stream arrived, MLflow's client does not.",
  },
  { where: /attribute mlflow\.llm\.provider$/, reason: "Ours names the provider, MLflow's client leaves it out." },
  {
    where: /attribute mlflow\.llm\.model$/,
    reason:
      "Ours names the model that was asked for, also where the call fails; MLflow's client the one that answered.",
  },
  { where: /attribute mlflow\.(spanOutputs|chat\.tools)$/, reason: "They are compared by what they mean, below." },
  {
    where: /^streamed .*: event \d+( time| attribute mlflow\.chunk\.value)?$/,
    reason: "Ours keeps the answer that the chunks make up, MLflow's client every chunk besides.",
  },
  { where: /^refused .*: status$/, reason: "Ours says why the call failed." },
  {
    where: /^refused .*: event 0 attribute exception\.message$/,
    reason: "The two openai clients word it differently.",
  },
  {
    where: /: (startTimeUnixNano|endTimeUnixNano|info request_time|info execution_duration)$/,
    reason: "Calls take their time.",
  },
];

let directory: string;
let models: ReplayServer;
let ours: Writing;
let theirs: Writing;

const record = async (client: "ours" | "theirs"): Promise<Writing> => {
  const recorder = await startWorkspaceRecorder();
  const destination = { type: "unity-catalog", location, host: recorder.url, token: "t" };
  const databricks = { DATABRICKS_HOST: recorder.url, DATABRICKS_TOKEN: "t", MLFLOW_TRACING_DESTINATION: location };
  const shared = { OPENAI_BASE_URL: `${models.url}/v1` };
  try {
    await (client === "ours"
      ? runNode(["record-openai.mjs", callsFile], {
          cwd: directory,
          env: { ...shared, INTEROP_DESTINATION: JSON.stringify(destination) },
        })
      : runPython(["record_openai.py", callsFile], { cwd: directory, env: { ...shared, ...databricks } }));
    return writingOf(recorder);
  } finally {
    await recorder.close();
  }
};

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "tracelake-interop-"));
  models = await startReplayServer(fileURLToPath(new URL("../fixtures/openai", import.meta.url)));
  [ours, theirs] = [await record("ours"), await record("theirs")];
});
afterAll(async () => {
  await models.close();
  rmSync(directory, { recursive: true, force: true });
});

/** What a value says: fields that a client's classes add as null, and the order of fields, say nothing. */
const meaningOf = (value: JsonValue): unknown => {
  if (Array.isArray(value)) return value.map(meaningOf);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== null)
      .map(([key, item]) => [key, meaningOf(item)]),
  );
};

// The TypeScript client adds `output_text`, a summary of the answer, to the answer itself.
const meaning = (writing: Writing, key: string): unknown => {
  const value = meaningOf(fromAnyValue(writing.get(key) as AnyValue));
  if (typeof value === "object" && value !== null) Reflect.deleteProperty(value, "output_text");
  return value;
};

describe("a call of the openai client", () => {
  it("is recorded as MLflow's own autolog records it, but for what is meant to differ", () => {
    const differences = differencesOf(ours, theirs);
    expect(unexplained(differences, [...allowedInEveryTrace, ...allowed])).toEqual({});
    expect([...theirs.keys()].filter((key) => !differences.has(key)).length).toBeGreaterThan(180);
  });

  it("differs wherever a difference is allowed", () => {
    expect(unused(differencesOf(ours, theirs), allowed)).toEqual([]);
  });

  it.each([
    "chat / Completions",
    "chat with tools / Completions",
    "response / Responses",
    "streamed response / Responses",
  ])("has the same outputs and tools in %s", (span) => {
    for (const key of ["spanOutputs", "chat.tools"].map((name) => `${span}: attribute mlflow.${name}`)) {
      expect(meaning(ours, key)).toEqual(meaning(theirs, key));
    }
  });

  it("has the answer of a streamed chat, and what MLflow's client loses of it", () => {
    const key = "streamed chat / Completions: attribute mlflow.spanOutputs";
    expect(meaning(ours, key)).toMatchObject(meaning(theirs, key) as object);
  });
});
