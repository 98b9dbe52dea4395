import type { LogFeedbackOptions, TraceAssessment } from "@tracelake/workspace-client";
import { describe, expect, it } from "vitest";
import { makeExpectation } from "../../test/make-trace.ts";
import { matchParts } from "./match-parts.ts";

const feedback = (name: string, spanId?: string): LogFeedbackOptions => ({
  traceId: "t",
  name,
  value: 1,
  ...(spanId === undefined ? {} : { spanId }),
});
const recorded = (name: string, assessmentId: string, spanId?: string): TraceAssessment => ({
  ...makeExpectation(name, 1),
  kind: "feedback",
  assessmentId,
  spanId,
});

const match = (said: readonly LogFeedbackOptions[], before: readonly TraceAssessment[]) => {
  const { changed, stale, missing } = matchParts(said, before);
  return {
    changed: Object.fromEntries(changed.map(({ feedback: { name }, existing }) => [name, existing.assessmentId])),
    stale: stale.map(({ assessmentId }) => assessmentId),
    missing: missing.map(({ name }) => name),
  };
};

describe("what a scorer says anew", () => {
  it("takes the place of what has its name, wherever that stood", () => {
    const before = [recorded("a", "1"), recorded("b", "2"), recorded("c", "3")];
    expect(match([feedback("c"), feedback("b"), feedback("a")], before)).toEqual({
      changed: { a: "1", b: "2", c: "3" },
      stale: [],
      missing: [],
    });
    expect(match([feedback("b")], before)).toEqual({ changed: { b: "2" }, stale: ["1", "3"], missing: [] });
  });

  it("takes the place of one whose name is not said any more, and none that is", () => {
    const before = [recorded("a", "1"), recorded("b", "2")];
    expect(match([feedback("x"), feedback("a")], before)).toEqual({
      changed: { a: "1", x: "2" },
      stale: [],
      missing: [],
    });
  });

  it("is added where it is of another span", () => {
    const before = [recorded("a", "1", "s-1"), recorded("a", "2", "s-2")];
    expect(match([feedback("a", "s-2"), feedback("b", "s-3"), feedback("c")], before)).toEqual({
      changed: { a: "2" },
      stale: ["1"],
      missing: ["b", "c"],
    });
  });

  it("leaves one of what was written twice", () => {
    expect(match([feedback("a")], [recorded("a", "1"), recorded("a", "2")])).toEqual({
      changed: { a: "1" },
      stale: ["2"],
      missing: [],
    });
  });
});
