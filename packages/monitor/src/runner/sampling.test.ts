import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mlflowDecisions } from "../../test/mlflow-decisions.ts";
import { sampleScorers } from "./sampling.ts";

const scorer = (name: string, sampleRate: number) => ({ name, sampleRate });
const namesOf = (entityId: string, scorers: readonly { name: string; sampleRate: number }[]): string[] =>
  sampleScorers(entityId, scorers).map(({ name }) => name);

const scorers = fc.uniqueArray(
  fc.record({ name: fc.string(), sampleRate: fc.double({ min: 0, max: 1, noNaN: true }) }),
  {
    selector: ({ name }) => name,
    maxLength: 6,
  },
);

describe("sampling", () => {
  it("decides as MLflow's own sampler", () => {
    for (const { entity, scorers: given, selected } of mlflowDecisions) {
      const asked = given.map(([name, rate]) => scorer(name, rate));
      expect(namesOf(entity, asked), entity).toEqual(selected);
    }
  });

  it.each([0.01, 0.1, 0.5, 0.9])("keeps to a rate of %d within three standard deviations over 100,000 ids", (rate) => {
    const count = 100_000;
    let kept = 0;
    for (let index = 0; index < count; index++) {
      kept += sampleScorers(`trace:/main.agents/${index.toString(16).padStart(32, "0")}`, [
        scorer("safety", rate),
      ]).length;
    }
    expect(Math.abs(kept - count * rate)).toBeLessThanOrEqual(3 * Math.sqrt(count * rate * (1 - rate)));
  });

  it("takes everything at 1 and nothing at 0", () => {
    for (let left = 1000; left > 0; left--) {
      const id = randomBytes(16).toString("hex");
      expect(namesOf(id, [scorer("a", 1), scorer("b", 0)])).toEqual(["a"]);
    }
  });

  it("is dense: whoever has a lower rate looks at a part of what the others look at", () => {
    fc.assert(
      fc.property(fc.string(), scorers, (entityId, given) => {
        const selected = sampleScorers(entityId, given);
        const rates = selected.map(({ sampleRate }) => sampleRate);
        expect(rates).toEqual(rates.toSorted((a, b) => b - a));
        const lowest = rates.at(-1) ?? 1;
        const passedOver = given.filter((one) => !selected.includes(one));
        expect(passedOver.every(({ sampleRate }) => sampleRate <= lowest)).toBe(true);
      }),
    );
  });

  it("gives every worker the same set", () => {
    fc.assert(
      fc.property(fc.array(fc.uuid(), { maxLength: 50 }), scorers, (ids, given) => {
        const decisions = (order: readonly string[]) => new Map(order.map((id) => [id, namesOf(id, given)]));
        const other = decisions(ids.toReversed());
        for (const [id, selected] of decisions(ids)) expect(other.get(id)).toEqual(selected);
      }),
    );
  });
});
