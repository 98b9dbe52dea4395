import { AssessmentSourceType } from "@tracelake/wire";
import type { ScoringOutcome } from "../scorer.ts";
import { criteria } from "./criteria.ts";
import { judgeOnce, scored, type Scoring } from "./judge-once.ts";
import { expectationsOf } from "../reading/expectations.ts";
import { materials, outputsOf } from "./material.ts";

// Python's math.isclose, which MLflow compares numbers with.
const isClose = (a: number, b: number): boolean =>
  a === b || Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));

const found = (name: string, isSame: boolean, rationale: string): ScoringOutcome =>
  scored({
    value: isSame ? "yes" : "no",
    rationale,
    source: { type: AssessmentSourceType.CODE, id: name },
  });

/** Whether two answers mean the same. Equal texts and numbers need no judge. */
export const judgeEquivalence = async (scoring: Scoring, name: string): Promise<ScoringOutcome> => {
  const actual = outputsOf(scoring.input);
  const expected = expectationsOf(scoring.input)?.["expected_response"];
  if (typeof actual === "number" && typeof expected === "number") {
    const isSame = isClose(actual, expected);
    return found(name, isSame, isSame ? "The numbers are equal." : `${actual} is not ${expected}.`);
  }
  const response = materials.response.read(scoring.input);
  const isEqual = response !== undefined && response === materials.expectedResponse.read(scoring.input);
  if (isEqual) return found(name, true, "The texts are equal.");
  return judgeOnce(scoring, { criterion: criteria.Equivalence, needs: ["response", "expectedResponse"] });
};
