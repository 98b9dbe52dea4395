import type { JsonValue } from "@tracelake/wire";
import { describe, expect, it } from "vitest";
import { requestText, responseText } from "./chat-text.ts";

describe("what was asked", () => {
  it.each<[JsonValue, string]>([
    ["a text", "a text"],
    [{ messages: [{ role: "user", content: "only one" }] }, "only one"],
    [
      {
        messages: [
          { role: "system", content: "be kind" },
          { role: "user", content: "hi" },
        ],
      },
      '[{"role": "system", "content": "be kind"}, {"role": "user", "content": "hi"}]',
    ],
    [
      {
        messages: [
          { role: "user", content: [{ type: "text" }] },
          { role: "user", content: "last" },
        ],
      },
      "last",
    ],
    [{ messages: [] }, '{"messages": []}'],
    [{ messages: ["no message"] }, '{"messages": ["no message"]}'],
    [{ question: "wie geht’s?" }, '{"question": "wie geht’s?"}'],
    [["a", 1, null], '["a", 1, null]'],
    [7, "7"],
    [["big"], '["big"]'],
  ])("of %j is read as %j", (inputs, text) => expect(requestText(inputs)).toBe(text));

  it("is shortened where it is larger than any judge reads", () => {
    const text = requestText({ text: "x".repeat(30_000_000) });
    expect([text.length, text.slice(0, 12), text.slice(-4)]).toEqual([1_000_000, '{"text": "xx', "x..."]);
  });
});

describe("what was answered", () => {
  it.each<[JsonValue, string]>([
    ["a text", "a text"],
    [["first", "second"], "first"],
    [[["nested"]], "nested"],
    [{ choices: [{ message: { role: "assistant", content: "chosen" } }] }, "chosen"],
    [{ choices: [{ message: { content: null } }] }, '{"choices": [{"message": {"content": null}}]}'],
    [{ messages: [{ content: "a" }, { content: "b" }] }, "b"],
    [
      { output: [{ type: "message", role: "assistant", content: [{ type: "output_text", text: "spoken" }] }] },
      "spoken",
    ],
    [
      {
        output: [
          { role: "assistant", content: "said" },
          { type: "message", content: [] },
        ],
      },
      "said",
    ],
    [{ output: [{ type: "function_call", name: "f" }] }, '{"output": [{"type": "function_call", "name": "f"}]}'],
    [{ answer: 42 }, '{"answer": 42}'],
    [[], "[]"],
    [null, "null"],
  ])("of %j is read as %j", (outputs, text) => expect(responseText(outputs)).toBe(text));
});
