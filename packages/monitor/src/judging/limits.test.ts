import { describe, expect, it } from "vitest";
import { HourlyBudget } from "./hourly-budget.ts";
import { Semaphore } from "../semaphore.ts";

describe("the budget of an hour", () => {
  it("is exhausted by calls, and free again an hour later", () => {
    let now = 0;
    const budget = new HourlyBudget({ calls: 2 }, () => now);
    budget.reserveCall();
    now += 30 * 60_000;
    budget.reserveCall();
    expect(() => budget.reserveCall()).toThrow(expect.objectContaining({ code: "JUDGE_BUDGET_EXHAUSTED" }) as Error);
    now += 31 * 60_000;
    budget.reserveCall();
    expect(budget.spent()).toEqual({ calls: 2, tokens: 0, costUsd: 0 });
  });

  it("forgets nothing before an hour has passed", () => {
    let now = 59_000;
    const budget = new HourlyBudget({ calls: 1 }, () => now);
    budget.reserveCall();
    now = 60 * 60_000;
    expect(budget.spent().calls).toBe(1);
  });

  it.each([
    [{ tokens: 100 }, { tokens: 100 }],
    [{ costUsd: 0.5 }, { costUsd: 0.6 }],
  ])("%j is exhausted by %j", (limit, spending) => {
    const budget = new HourlyBudget(limit);
    budget.reserveCall();
    budget.add(spending);
    expect(() => budget.reserveCall()).toThrow(/may not be asked any more this hour/);
  });

  it("of nothing limits nothing", () => {
    const budget = new HourlyBudget({});
    for (let call = 0; call < 1000; call++) budget.reserveCall();
    expect(budget.spent().calls).toBe(1000);
  });
});

describe("the limit of calls at once", () => {
  it("is kept, in the order in which calls came, also when some fail", async () => {
    const places = new Semaphore(3);
    let running = 0;
    let most = 0;
    const started: number[] = [];
    const calls = Array.from({ length: 20 }, async (_, index) =>
      places.run(async () => {
        started.push(index);
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        if (index % 4 === 0) throw new Error("refused");
        return index;
      }),
    );
    const settled = await Promise.allSettled(calls);
    expect(settled.filter(({ status }) => status === "rejected")).toHaveLength(5);
    expect(most).toBe(3);
    expect(started).toEqual(Array.from({ length: 20 }, (_, index) => index));
  });
});
