import { describe, expect, it } from "vitest";
import { passes } from "../passes.ts";
import { degradationRuleOf, QualityWindow } from "./quality-window.ts";

const rule = { threshold: 0.8, windowMillis: 1000, minimumCount: 5 };

describe("a quality window", () => {
  it("says once that quality has fallen, and again only after it had risen", () => {
    const window = new QualityWindow("safety", rule);
    let now = 0;
    const add = (isPass: boolean) => window.add(isPass, (now += 10));
    for (let left = 20; left > 0; left--) expect(add(true)).toBeUndefined();
    const episodes = Array.from({ length: 20 }, () => add(false)).filter((found) => found !== undefined);
    expect(episodes).toHaveLength(1);
    expect(episodes[0]).toMatchObject({ scorer: "safety", threshold: 0.8, windowMillis: 1000 });
    expect(episodes[0]?.passRate).toBeLessThan(0.8);
    now += 2000;
    for (let left = 20; left > 0; left--) expect(add(true)).toBeUndefined();
    expect(Array.from({ length: 20 }, () => add(false)).filter((found) => found !== undefined)).toHaveLength(1);
  });

  it("says nothing of a few judgements, nor of old ones", () => {
    const window = new QualityWindow("safety", rule);
    for (let now = 0; now < 4; now++) expect(window.add(false, now)).toBeUndefined();
    for (let now = 5000; now < 5004; now++) expect(window.add(true, now)).toBeUndefined();
    expect(window.add(true, 5005)).toBeUndefined();
  });

  it("counts every judgement of its time, however many", () => {
    const window = new QualityWindow("safety", { threshold: 0.8, windowMillis: 60_000, minimumCount: 20_000 });
    // A thousand a second: for half a minute all pass, then for half a minute every other one.
    const found = Array.from({ length: 60_000 }, (_, now) => window.add(now < 30_000 || now % 2 === 0, now));
    const [degradation, ...others] = found.filter((one) => one !== undefined);
    expect(others).toEqual([]);
    expect(degradation).toMatchObject({ count: 50_002 });
    expect(degradation?.passRate).toBeCloseTo(0.8, 3);
  });

  it("forgets judgements when they are as old as the window, to a 60th of it", () => {
    const window = new QualityWindow("safety", { threshold: 0.8, windowMillis: 60_000, minimumCount: 1 });
    for (let now = 0; now < 1_000; now++) window.add(true, now);
    expect(window.add(false, 59_999)).toBeUndefined();
    expect(window.add(false, 60_000)).toMatchObject({ passRate: 0, count: 2 });
  });

  it.each([
    ["threshold", [80, Number.NaN, 0, -0.5]],
    ["windowMillis", [0, -1, Infinity]],
    ["minimumCount", [0, 2.5, Number.NaN]],
  ])("is not opened by a rule whose %s cannot be used", (name, values) => {
    for (const value of values) {
      expect(() => degradationRuleOf({ [name]: value })).toThrow(
        expect.objectContaining({ code: "CONFIG_OPTION_INVALID", message: expect.stringContaining(String(value)) }),
      );
    }
    expect(degradationRuleOf()).toEqual({ threshold: 0.8, windowMillis: 3_600_000, minimumCount: 20 });
  });

  it("reads yes and no in any form, and nothing else", () => {
    expect(["yes", "YES", true, "pass", "no", false, "fail", 0.7, null, "perhaps"].map(passes)).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
      false,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
