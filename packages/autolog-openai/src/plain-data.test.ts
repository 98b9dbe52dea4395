import { expect, it } from "vitest";
import { isPlainData } from "./plain-data.ts";

const run = (): never => {
  throw new Error("code of the owner's");
};

it.each([
  ["text", "text"],
  ["nothing", undefined],
  ["objects and lists", { messages: [{ role: "user", content: null }], n: 1 }],
  ["dates, bytes and addresses", [new Date(0), Buffer.from("a"), new URL("http://localhost")]],
  ["a function, which JSON leaves out", { parse: run }],
  ["a sparse list", Array(3)],
  ["hidden properties", Object.defineProperty({ a: 1 }, "parse", { get: run, enumerable: false })],
])("is %s", (_, value) => expect(isPlainData(value)).toBe(true));

it("is an object that holds itself", () => {
  const value: Record<string, unknown> = { list: [] };
  value["self"] = value;
  expect(isPlainData(value)).toBe(true);
});

it.each([
  [
    "a getter",
    {
      a: [
        { get: {}, ...Object.defineProperty({}, "b", { get: run }) },
        Object.create(null, { c: { get: run, enumerable: true } }),
      ],
    },
  ],
  ["a getter in a list", Object.defineProperty([1, 2], 1, { get: run })],
  ["toJSON", { tools: [{ toJSON: run }] }],
  ["an inherited toJSON", Object.create({ toJSON: run })],
  ["a proxy", { tools: new Proxy([], { get: run }) }],
  ["a proxy for its prototype", Object.create(new Proxy({}, { get: run }))],
  ["a list of its own class", new (class extends Array<unknown> {})()],
])("is not what has %s", (_, value) => expect(isPlainData(value)).toBe(false));
