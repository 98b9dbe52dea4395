import { expect, it } from "vitest";
import { foldChatChunks } from "./fold-chat.ts";
import { Allowance } from "@tracelake/uc-exporter/plugin";

it("takes no field that a server sends for the prototype of all objects", () => {
  const fold = foldChatChunks({ allowance: new Allowance(1000) });
  fold.add(
    JSON.parse(`{
      "__proto__": { "polluted": 1 },
      "choices": [{
        "index": 0,
        "__proto__": { "polluted": 2 },
        "delta": {
          "content": "lake",
          "__proto__": { "polluted": 3 },
          "audio": { "__proto__": { "polluted": 4 } },
          "tool_calls": [{ "index": 0, "__proto__": { "polluted": 5 }, "function": { "__proto__": { "polluted": 6 } } }]
        }
      }]
    }`),
  );
  expect(Reflect.get({}, "polluted")).toBe(undefined);
  expect(fold.result()).toMatchObject({ choices: [{ message: { content: "lake", tool_calls: [{ function: {} }] } }] });
});
