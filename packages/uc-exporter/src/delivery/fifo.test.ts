import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { collectGarbageUntil } from "../../../../test/support/collect-garbage.ts";
import { Fifo } from "./fifo.ts";

describe("a queue", () => {
  it("behaves like an array, however it is used", () => {
    const step = fc.oneof(fc.record({ push: fc.nat() }), fc.constant("take" as const));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 5_000, size: "max" }), (steps) => {
        const queue = new Fifo<number>();
        const model: number[] = [];
        for (const action of steps) {
          if (action === "take") expect(queue.take()).toBe(model.shift());
          else model.push((queue.push(action.push), action.push));
          expect(queue.length).toBe(model.length);
        }
        expect(queue.values()).toEqual(model);
        expect(queue.takeAll()).toEqual(model);
        expect(queue.length).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it("does not keep alive what was taken", async () => {
    const queue = new Fifo<object>();
    const collected = new Set<number>();
    const registry = new FinalizationRegistry<number>((n) => collected.add(n));
    for (let n = 0; n < 10; n++) {
      const item = { n };
      registry.register(item, n);
      queue.push(item);
    }
    for (let n = 0; n < 9; n++) queue.take();
    await collectGarbageUntil(() => collected.size >= 8);
    expect(collected.size).toBeGreaterThanOrEqual(8);
    expect(collected).not.toContain(9);
    expect(queue.values()).toEqual([{ n: 9 }]);
  });
});
