import { describe, expect, it } from "vitest";
import { previewOf } from "./preview.ts";

const preview = (value: unknown, role: "user" | "assistant" = "user", maxCharacters = 100) =>
  previewOf(JSON.stringify(value), role, maxCharacters);

describe("a preview", () => {
  it.each<[string, unknown, "user" | "assistant", string]>([
    [
      "the last user message",
      {
        messages: [
          { role: "user", content: "a" },
          { role: "user", content: "b" },
          { role: "assistant", content: "c" },
        ],
      },
      "user",
      "b",
    ],
    ["the last message where nobody has the role", { messages: [{ role: "system", content: "s" }] }, "user", "s"],
    [
      "the first text part",
      { messages: [{ role: "user", content: [{ type: "image_url" }, { type: "text", text: "look" }] }] },
      "user",
      "look",
    ],
    ["a choice's message", { choices: [{ message: { role: "assistant", content: "hi" } }] }, "assistant", "hi"],
    [
      "a response's output",
      { output: [{ role: "assistant", content: [{ type: "output_text", text: "yes" }] }] },
      "assistant",
      "yes",
    ],
    ["a wrapped request", { request: { input: [{ role: "user", content: "q" }] } }, "user", "q"],
    ["the first text among parts that are texts", { messages: [{ role: "user", content: ["a", "b"] }] }, "user", "a"],
    [
      "the last message, not what stands behind it",
      {
        input: [
          { role: "user", content: "q" },
          { type: "function_call_output", output: "o" },
        ],
      },
      "assistant",
      "q",
    ],
    [
      "the JSON of a message without text",
      { choices: [{ message: { role: "assistant", content: "" } }] },
      "assistant",
      '{"choices": [{"message": {"role": "assistant", "content": ""}}]}',
    ],
    ["the JSON of anything else", { question: 1 }, "user", '{"question": 1}'],
  ])("is %s", (_, value, role, expected) => expect(preview(value, role)).toBe(expected));

  it("is cut with dots, never inside a character", () => {
    expect(preview("x".repeat(50), "user", 10)).toBe('"xxxxxx...');
    expect(preview({ messages: [{ role: "user", content: `${"x".repeat(6)}👋👋👋` }] }, "user", 8)).toBe("xxxxx...");
    expect(previewOf(undefined, "user", 10)).toBeUndefined();
  });
});
