import { describe, expect, it } from "vitest";
import { Lease } from "../leases/lease.ts";
import { after, momentNow } from "../leases/moment.ts";
import { LookedAt } from "./looked-at.ts";

const minute = 60_000;
const noon = Date.UTC(2026, 0, 1, 12);
const options = { lookbackMillis: 60 * minute, sinceMillis: undefined };

const lease = (watermarkMillis?: number): Lease =>
  new Lease({ shard: 0, fence: 1, watermarkMillis }, after(momentNow(), 60_000));
const at = (minutes: number, isLookingBack = false) => ({ nowMillis: noon + minutes * minute, isLookingBack });

describe("how far traces were looked at", () => {
  it("lets no trace through that arrives within the time for it, however rarely there is a look back", () => {
    const lookedAt = new LookedAt(options);
    const leases = [lease()];
    lookedAt.looked(leases, at(49, true));
    for (let minutes = 50; minutes < 70; minutes += 1) lookedAt.looked(leases, at(minutes));
    // One that began at noon, and whose rows came at 12:50.
    expect(lookedAt.fromMillis(leases, at(70, true))).toBeLessThanOrEqual(noon);
    expect(lookedAt.fromMillis(leases, at(70))).toBe(noon + 68 * minute);
  });

  it("says no more than that to whoever takes the shard next", () => {
    const lookedAt = new LookedAt(options);
    const first = lease();
    expect(lookedAt.looked([first], at(0))).toBe(noon);
    expect(lookedAt.looked([first], at(10))).toBe(noon);
    expect(lookedAt.looked([first, lease()], at(15))).toBe(noon);
    expect(lookedAt.looked([first], at(20, true))).toBe(noon + 20 * minute);
  });

  it("begins where the last worker was, or where it is told to", () => {
    const late = new LookedAt({ ...options, sinceMillis: noon - 10 * minute });
    expect(late.fromMillis([lease(noon)], at(5))).toBe(noon - 60 * minute);
    expect(late.fromMillis([lease()], at(5))).toBe(noon - 10 * minute);
    expect(new LookedAt(options).fromMillis([lease()], at(5))).toBe(noon - 55 * minute);
  });

  it("begins where it is told to also where the last worker was further, once for each shard", () => {
    const lookedAt = new LookedAt({ ...options, sinceMillis: noon - 600 * minute });
    const first = lease(noon);
    expect(lookedAt.fromMillis([first], at(5))).toBe(noon - 600 * minute);
    lookedAt.looked([first], at(5));
    expect(lookedAt.fromMillis([lease(noon + 5 * minute)], at(6))).toBe(noon - 55 * minute);
  });
});
