import { existsSync } from "node:fs";
import { mkdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryDirectory } from "../../test/directory.ts";
import { layoutOf, makeDirectories } from "./layout.ts";

describe("the directory of a workspace", () => {
  it("is kept out of git where it is made here, and not again once somebody has taken that back", async () => {
    const root = join(await temporaryDirectory(), ".tracelake");
    const ignored = join(root, ".gitignore");
    await makeDirectories(layoutOf(root));
    expect([await readFile(ignored, "utf8"), (await stat(ignored)).mode & 0o777]).toEqual(["*\n", 0o600]);
    await rm(ignored);
    await makeDirectories(layoutOf(root));
    expect(existsSync(ignored)).toBe(false);
  });

  it("is left as it is where it was there before, as it may hold more than a workspace", async () => {
    const root = join(await temporaryDirectory(), "mine");
    await mkdir(root);
    await makeDirectories(layoutOf(root));
    expect([existsSync(join(root, "journal")), existsSync(join(root, ".gitignore"))]).toEqual([true, false]);
  });
});
