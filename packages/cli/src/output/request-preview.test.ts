import { describe, expect, it } from "vitest";
import { requestPreview } from "./request-preview.ts";

describe("requestPreview", () => {
  it.each([
    [
      "the last thing a user said in a chat",
      '{"model":"m","messages":[{"role":"user","content":"Hi"},{"role":"user","content":"Where?"},{"role":"assistant","content":"x"}]}',
      "Where?",
    ],
    ["the text of a function's only argument", '{"question":"How many tents?"}', "How many tents?"],
    ["a chat in the only argument", '{"input":{"messages":[{"role":"user","content":"Where?"}]}}', "Where?"],
    ["the fields of the only argument", '{"ticket":{"id":"T-1","text":"Where?"}}', '{"id":"T-1","text":"Where?"}'],
    ["several arguments", '{"a":1,"b":[2]}', '{"a":1,"b":[2]}'],
    [
      "a user message of several parts",
      '{"messages":[{"role":"user","content":[1]}]}',
      '[{"role":"user","content":[1]}]',
    ],
    ["plain text", "Where is it?", "Where is it?"],
    ["JSON that was cut", '{"ticket":{"id"', '{"ticket":{"id"'],
    ["a list", "[1, 2]", "[1, 2]"],
  ])("shows %s", (_what, request, preview) => {
    expect(requestPreview(request)).toBe(preview);
  });
});
