import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readVerdict } from "./read-verdict.ts";
import { oneOf, yesOrNo, type ValueSchema } from "./value-type.ts";

const answer = (result: unknown): string => JSON.stringify({ rationale: "why", result });

describe("a judge's answer", () => {
  it.each([
    answer("yes"),
    ` \n${answer(" YES ")}\n`,
    "```json\n" + answer("Yes") + "\n```",
    "```\n" + answer("yes") + "```",
    "Let me think.\n```json\n" + answer("yes") + "\n```\nThat is all.",
    "Thought: ```JSON \n\n" + answer("yes") + "\n  ```",
  ])("%j is read", (text) => {
    expect(readVerdict(text, yesOrNo)).toEqual({ isRead: true, value: "yes", rationale: "why" });
  });

  it.each([
    ["", "it is empty"],
    ["yes", "it is not one JSON object"],
    [`${answer("yes")} ${answer("no")}`, "it is not one JSON object"],
    [`["yes"]`, "it is not one JSON object"],
    [`{"rationale": "why"}`, `it has no "result"`],
    [answer("maybe"), `its "result" is "\\"maybe\\"" rather than "yes" or "no"`],
    [answer(true), `its "result" is "true" rather than "yes" or "no"`],
    [answer(["yes"]), `its "result" is "[\\"yes\\"]" rather than "yes" or "no"`],
    [`{"result": "yes"}`, `it has no "rationale" that is a text`],
    [`{"result": "yes", "rationale": null}`, `it has no "rationale" that is a text`],
  ])("%j is refused: %s", (text, problem) => {
    expect(readVerdict(text, yesOrNo)).toEqual({ isRead: false, problem });
  });

  it.each<[ValueSchema, unknown, unknown]>([
    [{ type: "boolean" }, false, false],
    [{ type: "number" }, 0.5, 0.5],
    [{ type: "integer" }, 4, 4],
    [{ type: "string" }, "free text", "free text"],
    [oneOf("Good", "Bad"), "bad", "Bad"],
    [{ enum: [1, 2] }, 2, 2],
    [{ const: "done" }, "DONE", "done"],
    [{ type: "array", items: { type: "integer" } }, [1, 2], [1, 2]],
    [{ type: "object", additionalProperties: { type: "boolean" } }, { a: true }, { a: true }],
    [{ anyOf: [{ type: "number" }, { type: "null" }] }, null, null],
  ])("of the type %j is read from %j", (schema, result, value) => {
    expect(readVerdict(answer(result), schema)).toMatchObject({ isRead: true, value });
  });

  it.each<[ValueSchema, unknown]>([
    [{ type: "boolean" }, "true"],
    [{ type: "integer" }, 4.5],
    [{ type: "number" }, "5"],
    [{ enum: [1, 2] }, "1"],
    [{ type: "array", items: { type: "integer" } }, [1, "2"]],
    [{ type: "object", additionalProperties: { type: "boolean" } }, { a: 1 }],
    [{ anyOf: [{ type: "number" }, { type: "null" }] }, "x"],
    [{ type: "unheard-of" }, "x"],
  ])("of the type %j is not guessed from %j", (schema, result) => {
    expect(readVerdict(answer(result), schema)).toMatchObject({ isRead: false });
  });

  it.each(["```" + "\n".repeat(50_000) + "x", "x```json" + "\n".repeat(50_000) + "x"])("is refused at once", (text) => {
    const startMillis = performance.now();
    expect(readVerdict(text, yesOrNo).isRead).toBe(false);
    expect(performance.now() - startMillis).toBeLessThan(1_000);
  });

  it("never throws, whatever it is", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => typeof readVerdict(text, yesOrNo).isRead === "boolean"),
    );
  });
});
