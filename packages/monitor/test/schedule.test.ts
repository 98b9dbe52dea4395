import { openRegistry, type ScorerRecord } from "@tracelake/monitor";
import type { Connection } from "@tracelake/workspace-client";
import { describe, expect, it } from "vitest";
import { VersionsOfScorer } from "../src/registry/scorer-versions.ts";
import { withServer, type RecordedAnswer, type Routes } from "../../../test/support/recorded-workspace.ts";

interface Entry {
  readonly name: string;
  readonly [field: string]: unknown;
}

const path = "/api/2.0/managed-evals/scheduled-scorers/7";
const safe: ScorerRecord = { type: "builtin", className: "Safety", name: "safe", isSessionLevel: false };
const theirs: Entry = { name: "theirs", serialized_scorer: "{}", custom: {}, sample_rate: 0.5, owner: "somebody" };

const answerOf = (scorers: readonly Entry[]): RecordedAnswer => ({
  body: { scheduled_scorers: { scorers } },
});

const refusal = (status: number, errorCode: string): RecordedAnswer => ({
  status,
  body: { error_code: errorCode, message: "No." },
});

/** The interface of Databricks, and another client that does something to the scorers after each write of ours. */
class Schedule {
  scorers: readonly Entry[] | undefined;
  readonly writes: string[] = [];
  readonly #interfere: (write: number) => void;

  constructor(scorers: readonly Entry[] | undefined, interfere: (schedule: Schedule, write: number) => void) {
    this.scorers = scorers;
    this.#interfere = (write) => interfere(this, write);
  }

  routes(): Routes {
    const write = (body: string): RecordedAnswer => {
      this.scorers = (JSON.parse(body) as { scheduled_scorers: { scorers: Entry[] } }).scheduled_scorers.scorers;
      const answer = answerOf(this.scorers);
      this.#interfere(this.writes.length);
      return answer;
    };
    return {
      [`GET ${path}`]: () => answerOf(this.scorers ?? []),
      [`PATCH ${path}`]: ({ body }) => {
        this.writes.push("PATCH");
        return this.scorers === undefined ? refusal(404, "NOT_FOUND") : write(body);
      },
      [`POST ${path}`]: ({ body }) => {
        this.writes.push("POST");
        return this.scorers === undefined ? write(body) : refusal(409, "ALREADY_EXISTS");
      },
    };
  }
}

const connectionTo = (url: string): Connection => ({
  baseUrl: url,
  authorization: () => "Bearer t",
  credentialSource: "the test",
});

/** Registers a scorer and says what the workspace has and was asked then. */
const registerIn = async (schedule: Schedule): Promise<void> => {
  await withServer(schedule.routes(), async ({ url }) => {
    const registry = await openRegistry({ connection: connectionTo(url), experimentId: "7" });
    await registry.register(safe);
  });
};

const namesIn = ({ scorers = [] }: Schedule): string[] => scorers.map(({ name }) => name);

describe("a schedule that is replaced as a whole", () => {
  it("is made where there is none", async () => {
    const schedule = new Schedule(undefined, () => undefined);
    await registerIn(schedule);
    expect([schedule.writes, namesIn(schedule)]).toEqual([["PATCH", "POST"], ["safe"]]);
  });

  it("is read to its end, also where an empty token says so", async () => {
    const versions = `/api/2.0/managed-evals/experiments/7/scorers/${Buffer.from("safe").toString("base64url")}/versions`;
    const pages: Routes = {
      [`GET ${path}`]: { body: { scheduled_scorers: { scorers: [theirs] }, next_page_token: "" } },
      [`GET ${versions}`]: { body: { scorer_versions: [], next_page_token: "" } },
    };
    await withServer(pages, async ({ url, seen }) => {
      const registry = await openRegistry({ connection: connectionTo(url), experimentId: "7" });
      expect(await registry.list()).toHaveLength(1);
      expect(seen).toHaveLength(1);
      const versionsOfSafe = new VersionsOfScorer(connectionTo(url), { experimentId: "7", name: "safe" });
      expect(await versionsOfSafe.all()).toEqual([]);
      expect(seen.filter(({ url: asked }) => asked.startsWith(versions))).toHaveLength(1);
    });
  });

  it("keeps what others know of their scorers", async () => {
    const schedule = new Schedule([theirs], () => undefined);
    await registerIn(schedule);
    expect(schedule.scorers?.[0]).toEqual(theirs);
    expect(schedule.scorers?.[1]).toMatchObject({ name: "safe", builtin: { name: "safe" }, sample_rate: 0 });
  });

  it("has both changes where somebody else makes the first one in between", async () => {
    const schedule: Schedule = new Schedule(undefined, () => undefined);
    const routes = schedule.routes();
    const post = routes[`POST ${path}`];
    await withServer(
      {
        ...routes,
        [`POST ${path}`]: (request) => {
          schedule.scorers ??= [theirs];
          return typeof post === "function" ? post(request) : {};
        },
      },
      async ({ url }) => {
        const registry = await openRegistry({ connection: connectionTo(url), experimentId: "7" });
        await registry.register(safe);
      },
    );
    expect(namesIn(schedule)).toEqual(["theirs", "safe"]);
  });

  it("has both changes where somebody else overwrites ours", async () => {
    const schedule = new Schedule([], (changed, write) => {
      if (write === 1) changed.scorers = [theirs];
    });
    await registerIn(schedule);
    expect([schedule.writes, namesIn(schedule)]).toEqual([
      ["PATCH", "PATCH"],
      ["theirs", "safe"],
    ]);
  });

  it("is given up where somebody else overwrites it again and again, and says so", { timeout: 60_000 }, async () => {
    const schedule = new Schedule([theirs], (changed) => {
      changed.scorers = [theirs];
    });
    await expect(registerIn(schedule)).rejects.toMatchObject({
      code: "WORKSPACE_REJECTED",
      message: expect.stringMatching(/"safe" of experiment 7 could not be changed.*12 times in a row/) as string,
    });
    expect(schedule.writes).toHaveLength(12);
  });
});
