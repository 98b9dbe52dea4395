import { describe, expect, it } from "vitest";
import { GroupedWrites } from "./grouped-writes.ts";

/** A writer that does one transaction after the other, and keeps the items of each. */
const makeWriter = () => {
  const groups: string[][] = [];
  let queue: Promise<unknown> = Promise.resolve();
  const writes = new GroupedWrites<undefined, string, string>(
    (work) => {
      const result = queue.then(() => work(undefined));
      queue = result.catch(() => undefined);
      return result;
    },
    async (_, items) => {
      groups.push([...items]);
      await new Promise((resolve) => setImmediate(resolve));
      if (items.includes("bad")) throw new Error("bad");
      return items.map((item) => item.toUpperCase());
    },
  );
  return { writes, groups };
};

describe("grouped writes", () => {
  it("takes together what comes while a transaction is under way, and answers each", async () => {
    const { writes, groups } = makeWriter();
    const first = writes.add("a");
    await new Promise((resolve) => setImmediate(resolve));
    const others = ["b", "c", "d"].map((item) => writes.add(item));
    expect(await Promise.all([first, ...others])).toEqual(["A", "B", "C", "D"]);
    expect(groups).toEqual([["a"], ["b", "c", "d"]]);
  });

  it("fails those of a transaction that fails, and nobody else", async () => {
    const { writes } = makeWriter();
    const bad = writes.add("bad");
    await expect(bad).rejects.toThrow("bad");
    expect(await writes.add("good")).toBe("GOOD");
  });
});
