import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { Engine } from "./engine.ts";
import { layoutOf } from "./layout.ts";
import { Sessions, type Session } from "./session.ts";

describe("a session on loan", () => {
  let directory: string;
  let engine: Engine;
  let sessions: Sessions;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "tracelake-sessions-"));
    engine = await Engine.open(layoutOf(directory), { readOnly: false });
    await engine.transaction("main", async () => undefined);
    sessions = new Sessions(engine);
  });
  afterAll(async () => {
    sessions.close();
    await engine.close();
    await rm(directory, { recursive: true, force: true });
  });

  const placeIn = async ({ connection }: Session): Promise<unknown> =>
    (await connection.runAndReadAll("SELECT current_database(), current_schema()")).getRows()[0];

  it("is the same one for queries that name a catalog, and keeps nothing of it", async () => {
    const made = vi.spyOn(engine, "connect");
    expect(await sessions.with({}, placeIn)).toEqual(["memory", "main"]);
    for (const _ of [1, 2]) {
      expect(await sessions.with({ catalog: "main" }, placeIn)).toEqual(["main:", "main"]);
      expect(await sessions.with({}, placeIn)).toEqual(["memory", "main"]);
    }
    expect(made).toHaveBeenCalledTimes(1);
  });

  it("is not lent again where a query changed it, or its names are nowhere", async () => {
    const connections = new Set<unknown>();
    await sessions.with({}, async (session) => {
      connections.add(session.connection);
      session.changed();
    });
    await expect(sessions.with({ catalog: "nowhere" }, placeIn)).rejects.toThrow(/nowhere/);
    await sessions.with({}, async (session) => {
      connections.add(session.connection);
      expect(await placeIn(session)).toEqual(["memory", "main"]);
    });
    expect(connections.size).toBe(2);
  });
});
