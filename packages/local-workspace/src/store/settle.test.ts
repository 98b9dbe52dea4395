import { expect, it } from "vitest";
import { temporaryDirectory } from "../../test/directory.ts";
import { settle } from "./settle.ts";
import { DuckDbStore } from "./store.ts";

const endless = "SELECT count(*) FROM range(100000000) a, range(100000000) b WHERE sqrt(a.id * b.id) > 1";

it("ends queries that would run on when the store is closed, and only those", async () => {
  const store = await DuckDbStore.open({ directory: await temporaryDirectory(), readOnly: false });
  await store.query("SELECT 1", {});
  const work = [store.query("SELECT 1 AS a", {}), store.query(endless, {}), store.query(`${endless}; ${endless}`, {})];
  const outcomes = Promise.allSettled(work);
  await settle(work, () => store.interrupt(), 500);
  expect((await outcomes).map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected"]);
  await store.close();
});
