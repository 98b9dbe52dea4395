import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runApp, startApp } from "./harness/app.ts";
import { expectNothingLost } from "./harness/judge.ts";
import { prepare } from "./harness/test-site.ts";

const bearer = (headers: Readonly<Record<string, unknown>>): string =>
  String(headers["authorization"]).replace("Bearer ", "");

/** Records with a token that the application looks up; `tokens` are its generations. */
const withToken = (host: string, lookUp: string, rest: string): string => `
let calls = 0;
const token = async () => { calls++; ${lookUp} };
tracelake.start({ destination: { type: "unity-catalog", location: "main.agents.faults", host: ${JSON.stringify(host)}, token } });
${rest}`;

describe("F8: a token that ends", () => {
  test("in the middle of a run: everything arrives, with the next one", async () => {
    const { site, sink } = await prepare();
    let valid = "canary-first";
    sink.behave = ({ headers }) => (bearer(headers) === valid ? undefined : { status: 401 });
    const app = startApp({
      site,
      durability: "journal",
      script: withToken(
        sink.url,
        "return current;",
        `let current = "canary-first"; for (let n = 0; n < 20; n++) issue(); await tracelake.flush();
         say({ first: figures() }); await listen();
         for (let n = 0; n < 20; n++) issue(); setTimeout(() => (current = "canary-second"), 300);
         await allExported(40); say({ stats: figures(), calls });`,
      )
        .replace("let calls = 0;", "let calls = 0; var current;")
        .replace("let current = ", "current = "),
    });
    expect(await app.hears("first")).toMatchObject({ first: { exported: 20 } });
    valid = "canary-second";
    app.tell();
    const { code, stderr } = await app.ended;
    expect(code).toBe(0);
    expectNothingLost(site, sink);
    expect(stderr).not.toContain("canary");
  });

  test("whose source fails for a while: no attempt is spent, everything arrives", async () => {
    const { site, sink } = await prepare();
    const { code, stderr } = await runApp({
      site,
      durability: "journal",
      script: withToken(
        sink.url,
        `if (performance.now() < brokenUntil) throw new Error("canary-secret: the token service is away"); return "canary-token";`,
        `for (let n = 0; n < 20; n++) issue(); await allExported(20);`,
      ).replace("let calls = 0;", "let calls = 0; const brokenUntil = performance.now() + 1_500;"),
    });
    expect(code).toBe(0);
    expectNothingLost(site, sink);
    expect(sink.requests.every(({ headers }) => bearer(headers) === "canary-token")).toBe(true);
    expect(stderr).not.toContain("canary-token");
  });

  test("is asked for no more than once for each answer of 401, whatever is under way", async () => {
    const { site, sink } = await prepare(({ headers }) =>
      bearer(headers) === "good" ? undefined : { status: 401, delayMillis: 50 },
    );
    const { code, said } = await runApp({
      site,
      durability: "journal",
      script: withToken(
        sink.url,
        `return calls > 1 ? "good" : "bad";`,
        `for (let n = 0; n < 50; n++) issue({ characters: 100_000 }); await allExported(50); say({ calls });`,
      ),
    });
    expect(code).toBe(0);
    expectNothingLost(site, sink);
    // An idle connection that the sink closes may break the next request before it arrives: it is sent again, asking again.
    const { calls } = said.at(-1) as { readonly calls: number };
    expect(calls).toBeLessThanOrEqual(sink.requests.length + 2);
  });

  test("is neither on disk nor in any output", async () => {
    const { site, sink } = await prepare(() => ({ status: 403, body: "token dapi-canary is not allowed" }));
    const { stderr, said } = await runApp({
      site,
      durability: "journal",
      script: withToken(
        sink.url,
        `return "dapi-canary";`,
        `for (let n = 0; n < 20; n++) issue(); await tracelake.shutdown({ timeoutMillis: 1_000 }); say({ stats: figures() });`,
      ),
    });
    expect(stderr).not.toContain("dapi-canary");
    expect(JSON.stringify(said)).not.toContain("dapi-canary");
    expect(site.spoolFiles().length).toBeGreaterThan(0);
    for (const name of site.spoolFiles())
      expect(readFileSync(join(site.spool, name)).includes("dapi-canary")).toBe(false);
  });
});
