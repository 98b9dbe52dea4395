import { logFeedback, updateAssessment } from "@tracelake/workspace-client";
import { describe, expect, it, vi } from "vitest";
import type { Feedback, ScorerCore } from "../src/index.ts";
import { judgementsOf, length, turn, turns } from "./made-sessions.ts";
import { monitoredPlace } from "./monitored-place.ts";

const place = monitoredPlace("judged");
const once = place.run;
const judgements = () => judgementsOf(place);

describe("a session that is judged already", () => {
  it("is not read again", async () => {
    await place.send([turn(1, 20), turn(2, 19)]);
    await once({ scorers: [length()] });
    const asked = vi.spyOn(globalThis, "fetch");
    expect(await once({ scorers: [length()] })).toMatchObject({ scored: 0, alreadyScored: 1 });
    const urls = asked.mock.calls.map(([url]) => new Request(url).url);
    vi.restoreAllMocks();
    expect(urls.length).toBeGreaterThan(0);
    expect(urls.filter((url) => url.includes("batchGet"))).toEqual([]);
  });

  it("in one of two parts only, is judged again, and both parts are of the whole session then", async () => {
    await place.send(turns(2, 20));
    const two: ScorerCore = {
      ...length("two"),
      score: async ({ session = [] }) =>
        Promise.resolve({
          type: "scored",
          feedbacks: [{ value: session.length }, { name: "two/second", value: session.length }],
        }),
    };
    await once({ scorers: [two] });
    await place.send(turns(1, 10, 3));
    // The second change is refused, as if the run had ended before it.
    const send = globalThis.fetch;
    let changes = 0;
    vi.spyOn(globalThis, "fetch").mockImplementation(async (url, init) =>
      init?.method === "PATCH" && ++changes === 2
        ? Response.json({ error_code: "INTERNAL_ERROR", message: "No." }, { status: 500 })
        : send(url, init),
    );
    expect(await once({ scorers: [two] })).toMatchObject({ scored: 0, postponed: 1 });
    vi.restoreAllMocks();
    const said = await judgements();
    expect(new Set(said.map(({ value }) => value))).toEqual(new Set([2, 3]));
    // Whatever was changed last comes last: the part that is of the whole session comes first now.
    const [old] = said.filter(({ value }) => value === 2);
    if (old !== undefined) await updateAssessment(place.connection, { ...old.of, rationale: "Seen." });
    expect(await once({ scorers: [two] })).toMatchObject({ scored: 1 });
    expect((await judgements()).map(({ value }) => value)).toEqual([3, 3]);
  });

  it("and could not be when it had gone on, says why in the same place, until it goes on again", async () => {
    await place.send(turns(2, 20));
    await once({ scorers: [length()] });
    const lost: ScorerCore = {
      ...length(),
      score: async () => Promise.resolve({ type: "failed", error: { code: "LOST", message: "No words." } }),
    };
    await place.send(turns(1, 15, 3));
    expect(await once({ scorers: [lost] })).toMatchObject({ failed: 1 });
    const failed = await judgements();
    expect(failed).toMatchObject([{ error: { code: "LOST", message: "No words." } }]);
    expect(failed[0]?.value ?? null).toBeNull();
    expect(await once({ scorers: [lost] })).toMatchObject({ failed: 0, alreadyScored: 1 });
    await place.send(turns(1, 10, 4));
    expect(await once({ scorers: [length()] })).toMatchObject({ scored: 1 });
    expect(await judgements()).toMatchObject([{ value: 4, error: undefined }]);
  });

  it("says so as MLflow's client does", async () => {
    await place.send([turn(1, 20)]);
    await once({ scorers: [length()] });
    const [judgement] = await judgements();
    expect(judgement?.metadata).toMatchObject({
      "mlflow.trace.session": "calm",
      "mlflow.assessment.onlineScoringSessionId": "calm",
    });
  });
});

describe("a session whose judgement has other parts when it has gone on", () => {
  const saying = (...feedbacks: readonly Feedback[]): ScorerCore => ({
    ...length("parts"),
    score: async () => Promise.resolve({ type: "scored", feedbacks }),
  });
  const said = async () => (await judgements()).map(({ name, value }) => `${name} ${JSON.stringify(value)}`).toSorted();
  const judgedBefore = async (): Promise<void> => {
    await place.send(turns(2, 20));
    await once({ scorers: [saying({ name: "a", value: 1 }, { name: "b", value: 2 }, { name: "c", value: 3 })] });
    await place.send(turns(1, 10, 3));
  };

  it.each([
    ["fewer", [{ name: "c", value: 30 }], ["c 30"]],
    ["more", [{ name: "d", value: 40 }, ...["c", "b", "a"].map((name) => ({ name, value: 50 }))], "abcd"],
    [
      "others",
      [
        { name: "x", value: 1 },
        { name: "a", value: 10 },
      ],
      ["a 10", "x 1"],
    ],
  ] as const)("%s, has those and no other, each once, and is not judged again", async (_, feedbacks, expected) => {
    await judgedBefore();
    const scorers = [saying(...feedbacks)];
    const before = await judgements();
    expect(await once({ scorers })).toMatchObject({ scored: 1 });
    expect(await said()).toEqual(expected === "abcd" ? ["a 50", "b 50", "c 50", "d 40"] : expected);
    // What is said of the same thing stands where it stood.
    for (const { name, of } of await judgements()) {
      const same = before.find((each) => each.name === name);
      if (same !== undefined) expect(of).toEqual(same.of);
    }
    expect(await once({ scorers })).toMatchObject({ scored: 0, alreadyScored: 1 });
  });

  it("has them all once, whichever request fails", async () => {
    const scorers = [saying({ name: "a", value: 10 }, { name: "d", spanId: "0".repeat(15) + "1", value: 40 })];
    const send = globalThis.fetch;
    for (const failing of [1, 2, 3, 4]) {
      await place.send(turns(1, 20 - failing, failing * 10));
      await once({ scorers: [saying(...["a", "b", "c"].map((name) => ({ name, value: 0 })))] });
      await place.send(turns(1, 20 - failing - 0.5, failing * 10 + 1));
      let changes = 0;
      vi.spyOn(globalThis, "fetch").mockImplementation(async (url, init) => {
        const isChange = new Request(url).url.includes("assessments") && init?.method !== "GET";
        const answer = await send(url, init);
        // It is done, and nobody learns of it.
        return isChange && ++changes === failing
          ? Response.json({ error_code: "INTERNAL_ERROR", message: "No." }, { status: 500 })
          : answer;
      });
      const counts = await once({ scorers });
      vi.restoreAllMocks();
      expect(counts.postponed).toBe(1);
      await once({ scorers });
      expect(await said()).toEqual(["a 10", "d 40"]);
    }
  });

  it("none, since it cannot be judged any more, keeps no verdict of what it was", async () => {
    await judgedBefore();
    const scorers = [
      { ...length("parts"), score: async () => Promise.resolve({ type: "skipped", missing: ["x"] } as const) },
    ];
    expect(await once({ scorers })).toMatchObject({ scored: 0, skipped: 1 });
    expect(await judgements()).toEqual([]);
  });

  it("leaves alone what another client has said under the same name", async () => {
    await place.send(turns(2, 20));
    const scorers = [saying({ value: 1 })];
    await once({ scorers });
    const [judged] = await judgements();
    const traceId = judged?.of.traceId ?? "";
    await logFeedback(place.connection, { traceId, name: "parts", value: "theirs" });
    await place.send(turns(1, 10, 3));
    expect(await once({ scorers: [saying({ value: 2 })] })).toMatchObject({ scored: 1 });
    expect(await said()).toEqual(['parts "theirs"', "parts 2"]);
  });
});
