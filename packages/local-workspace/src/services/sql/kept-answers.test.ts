import { describe, expect, it } from "vitest";
import { KeptAnswers } from "./kept-answers.ts";

const keptOf = (answers: KeptAnswers, ids: readonly string[]): string[] =>
  ids.filter((id) => answers.get(id) !== undefined);

describe("kept answers", () => {
  it("are the latest", () => {
    const answers = new KeptAnswers({ answers: 2, characters: 100 });
    for (const id of ["a", "b", "c"]) answers.keep(id, "text");
    expect(keptOf(answers, ["a", "b", "c"])).toEqual(["b", "c"]);
  });

  it("have no more characters than they may, but for the newest", () => {
    const answers = new KeptAnswers({ answers: 10, characters: 10 });
    answers.keep("a", "12345");
    answers.keep("a", "1234");
    answers.keep("b", "123456");
    expect(keptOf(answers, ["a", "b"])).toEqual(["a", "b"]);
    answers.keep("c", "1");
    expect(keptOf(answers, ["a", "b", "c"])).toEqual(["b", "c"]);
    answers.keep("d", "x".repeat(50));
    expect(keptOf(answers, ["a", "b", "c", "d"])).toEqual(["d"]);
    answers.forget("d");
    answers.keep("e", "1234567890");
    expect(keptOf(answers, ["d", "e"])).toEqual(["e"]);
  });
});
