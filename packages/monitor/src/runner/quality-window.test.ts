import { describe, expect, it } from "vitest";
import { passes } from "../passes.ts";
import { QualityWindow } from "./quality-window.ts";

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
