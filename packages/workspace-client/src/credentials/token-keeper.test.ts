import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { Secret } from "./secret.ts";
import { TokenKeeper } from "./token-keeper.ts";

const hourMillis = 3_600_000;

/** A keeper whose clock and issuer the test moves. */
const keeperOf = (lifeMillis: number | undefined) => {
  const state = { nowMillis: 1_000_000, issued: 0, failing: false };
  const keeper = new TokenKeeper({
    source: "test",
    nowMillis: () => state.nowMillis,
    issue: async () => {
      state.issued += 1;
      if (state.failing) throw new Error("the issuer is away");
      const expiresAtMillis = lifeMillis === undefined ? undefined : state.nowMillis + lifeMillis;
      return { token: `t${state.issued}`, expiresAtMillis };
    },
  });
  return { keeper, state };
};

describe("a kept token", () => {
  it("is asked for once, however many need it at the same time", async () => {
    const { keeper, state } = keeperOf(hourMillis);
    expect(await Promise.all(Array.from({ length: 20 }, () => keeper.authorization()))).toEqual(
      Array.from({ length: 20 }, () => "Bearer t1"),
    );
    expect(state.issued).toBe(1);
  });

  it("is replaced in the background in the last 20 minutes of its life, without anybody waiting", async () => {
    const { keeper, state } = keeperOf(hourMillis);
    await keeper.authorization();
    state.nowMillis += hourMillis - 20 * 60_000 - 1;
    await keeper.authorization();
    expect(state.issued).toBe(1);
    state.nowMillis += 1;
    expect(await keeper.authorization()).toBe("Bearer t1");
    expect(state.issued).toBe(2);
    expect(await keeper.authorization()).toBe("Bearer t2");
  });

  it("with a short life is replaced from half of it on", async () => {
    const { keeper, state } = keeperOf(600_000);
    await keeper.authorization();
    state.nowMillis += 299_999;
    await keeper.authorization();
    expect(state.issued).toBe(1);
    state.nowMillis += 1;
    await keeper.authorization();
    expect(state.issued).toBe(2);
  });

  it("that has expired is not sent any more", async () => {
    const { keeper, state } = keeperOf(hourMillis);
    await keeper.authorization();
    state.nowMillis += hourMillis;
    expect(await keeper.authorization()).toBe("Bearer t2");
  });

  it("stays in use while the issuer is away, and the issuer is not asked at every request", async () => {
    const { keeper, state } = keeperOf(hourMillis);
    await keeper.authorization();
    state.nowMillis += hourMillis - 10 * 60_000;
    state.failing = true;
    for (let turn = 0; turn < 5; turn += 1) {
      expect(await keeper.authorization()).toBe("Bearer t1");
      await Promise.resolve();
    }
    expect(state.issued).toBe(2);
    state.nowMillis += hourMillis;
    await expect(keeper.authorization()).rejects.toThrow("the issuer is away");
  });

  it("that was refused is replaced once, however many requests it was refused for", async () => {
    const { keeper, state } = keeperOf(hourMillis);
    const refused = await keeper.authorization();
    for (let request = 0; request < 5; request += 1) keeper.invalidate(refused);
    expect(await Promise.all([keeper.authorization(), keeper.authorization()])).toEqual(["Bearer t2", "Bearer t2"]);
    keeper.invalidate(refused);
    expect(await keeper.authorization()).toBe("Bearer t2");
    expect(state.issued).toBe(2);
  });

  it("that is refused as soon as it is new is not replaced again and again", async () => {
    const { keeper, state } = keeperOf(hourMillis);
    for (let turn = 0; turn < 10; turn += 1) keeper.invalidate(await keeper.authorization());
    expect(state.issued).toBe(2);
  });
});

describe("a secret", () => {
  it("is shown by nothing that prints", () => {
    const secret = new Secret("dapiSECRET");
    const seen = [String(secret), JSON.stringify({ secret }), inspect({ secret }, { showHidden: true, depth: 9 })];
    expect(seen.join()).not.toContain("dapiSECRET");
    expect(secret.reveal()).toBe("dapiSECRET");
  });
});
