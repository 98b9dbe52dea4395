import { setTimeout as delay } from "node:timers/promises";
import { expect, it } from "vitest";
import { WritePace } from "./write-pace.ts";

const mostAtOnce = async (
  pace: WritePace,
  count: number,
  write: (atOnce: number) => Promise<void>,
): Promise<number> => {
  let now = 0;
  let most = 0;
  await Promise.all(
    Array.from({ length: count }, () =>
      pace.run(async () => {
        now += 1;
        most = Math.max(most, now);
        await write(now);
        now -= 1;
      }),
    ),
  );
  return most;
};

it("writes more at once while answers come quickly", async () => {
  const most = await mostAtOnce(new WritePace({ timeoutMillis: 60_000 }), 1000, () => Promise.resolve());
  expect(most).toBeGreaterThan(8);
  expect(most).toBeLessThanOrEqual(64);
});

it("writes one by one where every answer is slow", async () => {
  const pace = new WritePace({ timeoutMillis: 40 });
  await mostAtOnce(pace, 40, () => delay(10));
  expect(await mostAtOnce(pace, 5, () => delay(10))).toBe(1);
});
