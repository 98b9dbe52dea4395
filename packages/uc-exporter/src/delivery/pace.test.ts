import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SendClass } from "./classify.ts";
import { Health, Pace } from "./pace.ts";

const startPace = (random = 0.5) => {
  const clock = { millis: 1_000 };
  const pace = new Pace({ now: () => clock.millis, random: () => random });
  const wait = (): number => pace.waitMillis(0) ?? Number.POSITIVE_INFINITY;
  const fail = (kind: SendClass = SendClass.TRANSIENT, retryAfterMillis?: number): void =>
    pace.failed(kind, { startedAtMillis: clock.millis, retryAfterMillis });
  /** Lets the time pass that has to, and fails again. */
  const failNext = (kind?: SendClass): number => {
    const waited = wait();
    clock.millis += waited;
    fail(kind);
    return waited;
  };
  return { pace, clock, wait, fail, failNext };
};

describe("the pace", () => {
  it("lets four attempts run at once while the destination is well, and one while it is not", () => {
    const { pace, fail, clock, wait } = startPace();
    expect([0, 1, 3].map((inFlight) => pace.waitMillis(inFlight))).toEqual([0, 0, 0]);
    expect(pace.waitMillis(4)).toBeUndefined();
    fail();
    clock.millis += wait();
    expect([pace.waitMillis(0), pace.waitMillis(0.25)]).toEqual([0, undefined]);
  });

  it("backs off, opens after five failures, and then asks twice a minute", () => {
    const { pace, fail, failNext, wait } = startPace(1);
    fail();
    expect(pace.health).toBe(Health.FAILING);
    expect([failNext(), failNext(), failNext(), failNext()]).toEqual([500, 1_000, 2_000, 4_000]);
    expect(pace.health).toBe(Health.OPEN);
    for (const waited of [failNext(), failNext(), wait()]) expect(waited).toBeCloseTo(36_000);
  });

  it("closes after two successes", () => {
    const { pace, clock, fail, failNext, wait } = startPace();
    fail();
    for (let n = 0; n < 5; n++) failNext();
    clock.millis += wait();
    pace.succeeded();
    expect([pace.health, wait()]).toEqual([Health.OPEN, 0]);
    pace.succeeded();
    expect(pace.health).toBe(Health.WELL);
  });

  it("counts attempts that were under way together as one failure", () => {
    const { pace, clock } = startPace();
    const startedAtMillis = clock.millis;
    for (let n = 0; n < 4; n++) {
      clock.millis += 10;
      pace.failed(SendClass.TRANSIENT, { startedAtMillis });
    }
    expect(pace.health).toBe(Health.FAILING);
    expect(pace.waitMillis(0)).toBeLessThanOrEqual(500);
  });

  it("waits as long as the destination says, whoever hurries", () => {
    const { pace, fail, wait, clock } = startPace();
    fail(SendClass.THROTTLED, 60_000);
    pace.hurry();
    expect(wait()).toBe(60_000);
    clock.millis += 60_000;
    fail();
    fail();
    pace.hurry();
    expect(wait()).toBeLessThanOrEqual(500);
    fail(SendClass.THROTTLED, 60_000);
    clock.millis += 60_000;
    pace.succeeded();
    fail();
    for (let n = 0; n < 8; n++) fail();
    pace.hurry();
    expect(wait()).toBeLessThanOrEqual(500);
  });

  it("asks rarely where a person has to do something", () => {
    const { fail, failNext } = startPace(0);
    fail(SendClass.CONFIGURATION);
    expect([failNext(SendClass.CONFIGURATION), failNext(SendClass.CONFIGURATION)]).toEqual([30_000, 60_000]);
    expect(Array.from({ length: 5 }, () => failNext(SendClass.CONFIGURATION)).at(-1)).toBe(150_000);
  });

  it("never lets two attempts follow a failure within half a second, whatever happened", () => {
    const kinds = Object.values(SendClass).filter((kind) => kind !== SendClass.TAKEN);
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...kinds), { maxLength: 30 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (failures, random) => {
          const { fail, wait, clock } = startPace(random);
          for (const kind of failures) {
            fail(kind);
            expect(wait()).toBeGreaterThanOrEqual(500);
            expect(wait()).toBeLessThanOrEqual(5 * 60_000);
            clock.millis += wait();
          }
        },
      ),
    );
  });
});
