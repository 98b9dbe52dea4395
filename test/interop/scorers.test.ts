import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLocalWorkspaceServer } from "@tracelake/local-workspace";
import * as monitor from "@tracelake/monitor";
import {
  connectMlflowServer,
  connectRunningServer,
  createExperiment,
  type Connection,
} from "@tracelake/workspace-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startMlflowServer } from "./mlflow-server.ts";
import { runPython } from "./python.ts";

/** A scorer as MLflow's client sees it. */
interface SeenScorer {
  readonly name: string;
  readonly class: string;
  readonly guidelines: string | readonly string[] | null;
  readonly value_type: string | null;
  readonly version: number | null;
  readonly [field: string]: unknown;
}

interface Place {
  readonly connection: Connection;
  /** What MLflow's client needs to reach it. */
  readonly env: Readonly<Record<string, string>>;
  /** A judge that may be named there. */
  readonly model: string;
  readonly close: () => Promise<void>;
}

const localWorkspace = async (directory: string): Promise<Place> => {
  const server = await startLocalWorkspaceServer({ directory: join(directory, "workspace"), port: 0, token: "token" });
  return {
    connection: connectRunningServer(server),
    env: { DATABRICKS_HOST: server.url, DATABRICKS_TOKEN: "token", MLFLOW_TRACKING_URI: "databricks" },
    model: "databricks:/judge",
    close: () => server.close(),
  };
};

const mlflowServer = async (directory: string): Promise<Place> => {
  const server = await startMlflowServer(directory);
  return {
    connection: connectMlflowServer(server.url, {}),
    env: { MLFLOW_TRACKING_URI: server.url },
    model: "openai:/gpt-4.1-mini",
    close: server.close,
  };
};

const valueTypes: Readonly<Record<string, readonly [monitor.MakeJudgeOptions["feedbackValueType"], string]>> = {
  text: [undefined, "str"],
  truth: [{ type: "boolean" }, "bool"],
  whole: [{ type: "integer" }, "int"],
  number: [{ type: "number" }, "float"],
  choice: [{ type: "string", enum: ["good", "fair", "bad"] }, "Literal"],
  texts: [{ type: "array", items: { type: "string" } }, "list"],
  wholes: [{ type: "array", items: { type: "integer" } }, "list"],
  truths: [{ type: "object", additionalProperties: { type: "boolean" } }, "dict"],
  numbers: [{ type: "object", additionalProperties: { type: "number" } }, "dict"],
};

/** Every built-in scorer, by MLflow's class. */
const builtins = (model?: string): Readonly<Record<string, monitor.Scorer>> => {
  const options = model === undefined ? {} : { model };
  return {
    Safety: monitor.safety(options),
    Guidelines: monitor.guidelines({ ...options, guidelines: ["Be polite.", 'Say "café" 😀.'] }),
    ExpectationsGuidelines: monitor.expectationsGuidelines(options),
    RelevanceToQuery: monitor.relevanceToQuery(options),
    Correctness: monitor.correctness(options),
    Equivalence: monitor.equivalence(options),
    Completeness: monitor.completeness(options),
    Fluency: monitor.fluency(options),
    Summarization: monitor.summarization(options),
    RetrievalGroundedness: monitor.retrievalGroundedness(options),
    RetrievalRelevance: monitor.retrievalRelevance(options),
    RetrievalSufficiency: monitor.retrievalSufficiency(options),
    ToolCallEfficiency: monitor.toolCallEfficiency(options),
    ToolCallCorrectness: monitor.toolCallCorrectness(options),
    ConversationCompleteness: monitor.conversationCompleteness(options),
    UserFrustration: monitor.userFrustration(options),
    KnowledgeRetention: monitor.knowledgeRetention(options),
    ConversationalSafety: monitor.conversationalSafety(options),
    ConversationalToolCallEfficiency: monitor.conversationalToolCallEfficiency(options),
    ConversationalRoleAdherence: monitor.conversationalRoleAdherence(options),
    ConversationalGuidelines: monitor.conversationalGuidelines({ ...options, guidelines: "Stay calm." }),
  };
};

const byName = <T extends { readonly name: string }>(scorers: readonly T[]): Readonly<Record<string, T>> =>
  Object.fromEntries(scorers.map((scorer) => [scorer.name, scorer]));

describe.each([
  ["the local workspace", localWorkspace],
  ["an MLflow server", mlflowServer],
])("scorers in %s", (name, open) => {
  const isServer = name === "an MLflow server";
  let directory: string;
  let place: Place;

  const newExperiment = (path: string): Promise<string> => createExperiment(place.connection, { name: path });
  const python = (...args: readonly string[]): Promise<unknown> =>
    runPython(["use_scorers.py", ...args], { cwd: directory, env: place.env });
  const read = async (experimentId: string): Promise<readonly SeenScorer[]> => {
    const { listed, got } = (await python("read", experimentId)) as Record<"listed" | "got", SeenScorer[]>;
    expect(got).toEqual(listed);
    return listed;
  };

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "tracelake-interop-"));
    place = await open(directory);
  }, 180_000);
  afterAll(async () => {
    await place.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it("that we built from MLflow's classes are read by its client", async () => {
    // An experiment of Databricks has room for twenty.
    const all = Object.entries(builtins(place.model));
    for (const part of [all.slice(0, 11), all.slice(11)]) {
      const experimentId = await newExperiment(`/Shared/ours-${part[0]?.[0] ?? ""}`);
      for (const [, scorer] of part) await scorer.register({ connection: place.connection, experimentId });
      const seen = byName(await read(experimentId));
      expect(
        Object.values(seen)
          .map((scorer) => scorer.class)
          .sort(),
      ).toEqual(part.map(([className]) => className).sort());
      for (const [className, { name: own, record }] of part) {
        const guidelines = record.type === "builtin" ? record.guidelines : undefined;
        expect(seen[own]).toMatchObject({
          class: className,
          model: place.model,
          is_session_level: record.isSessionLevel,
          guidelines: guidelines ?? null,
          sample_rate: isServer ? null : 0,
          version: 1,
        });
      }
    }
  });

  it("that are our judges of every type are read by MLflow's client", async () => {
    const experimentId = await newExperiment("/Shared/our-judges");
    for (const [judge, [feedbackValueType]] of Object.entries(valueTypes)) {
      const options = { name: judge, instructions: `Judge {{ outputs }}: "é".`, model: place.model };
      await monitor
        .makeJudge({ ...options, ...(feedbackValueType === undefined ? {} : { feedbackValueType }) })
        .register({ connection: place.connection, experimentId });
    }
    const session = { name: "session", instructions: "Is the {{ conversation }} calm?", description: "Calm?" };
    await monitor
      .makeJudge({ ...session, model: place.model })
      .register({ connection: place.connection, experimentId });
    const seen = byName(await read(experimentId));
    for (const [judge, [, type]] of Object.entries(valueTypes)) {
      expect(seen[judge]).toMatchObject({
        kind: "instructions",
        instructions: `Judge {{ outputs }}: "é".`,
        model: place.model,
        is_session_level: false,
        aggregations: ["truth", "whole", "number"].includes(judge) ? ["mean"] : [],
      });
      expect(seen[judge]?.value_type).toContain(type);
    }
    expect(seen["session"]).toMatchObject({ is_session_level: true, description: "Calm?" });
  });

  it("that MLflow's client registers are read by us, and left as they are when we register them again", async () => {
    const classes = (await python("classes")) as string[];
    const ours = Object.keys(builtins());
    expect(classes).toEqual(expect.arrayContaining(ours));
    const judges = [...Object.keys(valueTypes), "session", ...(isServer ? [] : ["code"])];
    for (const [index, wanted] of [classes.slice(0, 12), classes.slice(12), judges].entries()) {
      const experimentId = await newExperiment(`/Shared/theirs-${index}`);
      const theirs = (await python("register", experimentId, place.model, wanted.join(","))) as SeenScorer[];
      const listed = byName(await monitor.listScorers({ connection: place.connection, experimentId }));
      expect(Object.keys(listed).sort()).toEqual(theirs.map((scorer) => scorer.name).sort());
      for (const scorer of theirs) expectSame(listed[scorer.name], scorer, ours);
      for (const scorer of Object.values(listed)) {
        await scorer.register({ connection: place.connection, experimentId });
      }
      // The local workspace makes a new version where a single letter is another one.
      const versionless = ({ version, ...others }: SeenScorer): unknown => (isServer ? others : { ...others, version });
      expect((await read(experimentId)).map(versionless)).toEqual(theirs.map(versionless));
    }
  }, 240_000);

  it("run as much as either client says", async () => {
    const experimentId = await newExperiment("/Shared/started");
    const model = isServer ? `gateway:/${String(await python("gateway", "judge"))}` : place.model;
    const registered = await monitor.safety({ model }).register({ connection: place.connection, experimentId });
    await registered.start({ sampleRate: 0.5, filter: "trace.status = 'OK'" });
    const [seen] = await read(experimentId);
    expect(seen).toMatchObject({ name: "safety", sample_rate: 0.5, filter: "trace.status = 'OK'" });
    expect(seen?.["model"]).toMatch(isServer ? /^gateway:\// : /^databricks:\//);
    const stopped = await registered.stop();
    expect((await read(experimentId))[0]).toMatchObject({ sample_rate: 0, filter: "trace.status = 'OK'" });
    await monitor.deleteScorer({ name: stopped.name, connection: place.connection, experimentId });
    expect(await read(experimentId)).toEqual([]);

    await python("register", experimentId, model, "Fluency,start");
    expect(await monitor.listScorers({ connection: place.connection, experimentId })).toMatchObject([
      { name: "fluency", record: { model }, sampleRate: 0.25, filter: "trace.status = 'OK'" },
    ]);
  });
});

/** Compares what we read of a scorer with what MLflow's client says of it. */
const expectSame = (
  read: monitor.RegisteredScorer | undefined,
  theirs: SeenScorer,
  ourClasses: readonly string[],
): void => {
  expect(read?.record.isSessionLevel).toBe(theirs["is_session_level"]);
  if (theirs["kind"] === "instructions") {
    expect(read?.record).toMatchObject({
      type: "instructions",
      instructions: theirs["instructions"],
      model: theirs["model"],
    });
    const [type] = valueTypes[theirs.name] ?? [];
    expect(read?.record.type === "instructions" ? read.record.feedbackValueType : null).toEqual(type);
  } else if (ourClasses.includes(theirs.class)) {
    expect(read?.record).toMatchObject({
      type: "builtin",
      className: theirs.class,
      description: theirs["description"],
    });
    const guidelines = read?.record.type === "builtin" ? read.record.guidelines : null;
    expect(guidelines).toEqual(theirs.guidelines === null ? undefined : [theirs.guidelines].flat());
  } else {
    expect(read?.record).toMatchObject({ type: "foreign", name: theirs.name });
  }
};
