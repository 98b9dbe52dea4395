import { execFile, execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { runApp, startApp } from "./harness/app.ts";
import { drain, expectNothingLost } from "./harness/judge.ts";
import { isNightly, prepare } from "./harness/test-site.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const isInSlowNetwork = process.env["FAULTS_SLOW_NETWORK"] === "yes";

/** A network of its own, whose loopback is slow and loses packets: the machine's stays as it is. */
const slowNetwork = "ip link set lo up && tc qdisc add dev lo root netem delay 100ms 25ms loss 2% rate 1mbit";

const canSlowDown = (): boolean => {
  try {
    execFileSync("unshare", ["--net", "sh", "-c", slowNetwork], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

describe("F20: connections that the destination closes", () => {
  test("while they are idle: nothing is lost and nothing sent twice", async () => {
    const { site, sink } = await prepare();
    const app = startApp({
      site,
      host: sink.url,
      script: `tracelake.start();
        for (let round = 0; round < 8; round++) {
          for (let n = 0; n < 5; n++) issue();
          await tracelake.flush(); say({ ["round" + round]: true }); await listen();
        }`,
    });
    for (let round = 0; round < 8; round++) {
      await app.hears(`round${round}`);
      sink.breakIdleConnections();
      app.tell();
    }
    expect(await app.ended).toMatchObject({ code: 0 });
    expect(expectNothingLost(site, sink).duplicates).toBe(0);
  });

  test("after every answer: nothing is lost", async () => {
    const { site, sink } = await prepare(() => ({ status: 200, headers: { connection: "close" } }));
    const script = `tracelake.start(); for (let n = 0; n < 100; n++) { issue({ characters: 5_000 }); await pause(10); }
      await tracelake.flush({ timeoutMillis: 20_000 });`;
    expect(await runApp({ site, host: sink.url, script })).toMatchObject({ code: 0 });
    expectNothingLost(site, sink);
  });
});

const overSlowNetwork = `tracelake.start();
  for (let n = 0; n < 200; n++) { issue({ characters: 3_000 }); await pause(20); }
  await until(isSettled);`;

describe.runIf(isInSlowNetwork)("F20: inside a slow network", () => {
  test("everything arrives", async () => {
    const { site, sink } = await prepare();
    expect(await runApp({ site, host: sink.url, durability: "journal", script: overSlowNetwork })).toMatchObject({
      code: 0,
    });
    await drain(sink, { site, host: sink.url, durability: "journal" });
    expectNothingLost(site, sink);
  });
});

describe.runIf(isNightly && !isInSlowNetwork && canSlowDown())("F20: a network that is slow and loses packets", () => {
  test("loses no span", async () => {
    const vitest = "npx vitest run --config test/faults/vitest.config.ts network -t 'inside a slow network'";
    const outcome = await promisify(execFile)("unshare", ["--net", "sh", "-c", `${slowNetwork} && ${vitest}`], {
      cwd: root,
      env: { ...process.env, FAULTS_SLOW_NETWORK: "yes" },
    });
    expect(outcome.stdout).toMatch(/1 passed/);
  });
});
