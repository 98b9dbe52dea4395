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
    const lookedAt = new LookedAt({ ...options, sinceMillis: noon - 600 * minute });
    expect(lookedAt.fromMillis([lease(noon)], at(5))).toBe(noon - 60 * minute);
    expect(lookedAt.fromMillis([lease(noon), lease()], at(5))).toBe(noon - 600 * minute);
    expect(new LookedAt(options).fromMillis([lease()], at(5))).toBe(noon - 55 * minute);
  });
});
