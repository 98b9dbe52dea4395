import fs, {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { randomBytes } from "node:crypto";
import { JournalFrameType } from "@tracelake/wire";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { createFrameCipher } from "../src/spool/frame-cipher.ts";
import { DirectoryRefusal } from "../src/spool/private-directory.ts";
import { SpoolRefusal } from "../src/spool/quota.ts";
import type { SpoolDestination } from "../src/spool/spool-home.ts";
import { Spool, type SpooledFrame, type SpoolOptions } from "../src/spool/spool.ts";

let root: string;
beforeEach(() => {
  root = join(mkdtempSync(join(tmpdir(), "tracelake-spool-")), "spool");
});
afterEach(() => rmSync(dirname(root), { recursive: true, force: true }));

const destinationHash = "0123456789abcdef";
const openSpool = (options: Partial<SpoolOptions & SpoolDestination> = {}): Spool =>
  new Spool({ destinationHash, ...options }, { root, ...options });
const record = (text: string) => ({
  type: JournalFrameType.SPANS,
  recordCount: 1,
  body: Buffer.from(text),
  isCompressed: false,
});

const files = (end: RegExp): string[] =>
  readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((name) => end.test(name))
    .map((name) => join(root, name));

/** Makes every directory look as if the process that wrote it were gone, as a kill would. */
const killWriters = (): void => {
  const parent = join(root, "v1", destinationHash);
  for (const name of readdirSync(parent).filter((entry) => entry.startsWith("p-"))) {
    const [p, host, namespace] = name.split("-");
    renameSync(
      join(parent, name),
      join(parent, [p, host, namespace, 4_194_304, 1, randomBytes(6).toString("hex")].join("-")),
    );
  }
};

/** Watches a function of the file system, also where it was imported by name, and may answer for it. */
const watchFs = <Name extends "statfsSync" | "readdirSync">(
  name: Name,
  answer?: () => ReturnType<(typeof fs)[Name]>,
) => {
  const spy = vi.spyOn(fs, name);
  if (answer !== undefined) spy.mockImplementation(answer as never);
  syncBuiltinESMExports();
  const restore = (): void => {
    spy.mockRestore();
    syncBuiltinESMExports();
  };
  onTestFinished(restore);
  return { calls: () => spy.mock.calls.length, restore };
};

const textsOf = async (spool: Spool, frames: readonly SpooledFrame[]): Promise<string[]> => {
  const records = await Promise.all(frames.map((frame) => spool.read(frame)));
  return records.map((found) => (typeof found === "string" ? found : Buffer.from(found.body).toString()));
};

describe("a spool", () => {
  it.each([
    ["was removed", () => rmSync(root, { recursive: true })],
    ["was taken for one whose process is gone", () => killWriters()],
  ])("goes on in a new directory where its own %s", async (_, lose) => {
    const spool = openSpool();
    spool.append(record("before"));
    lose();
    const frames = [spool.append(record("after"))];
    expect(await textsOf(spool, frames)).toEqual(["after"]);
    spool.close();
  });

  it("returns what was written, and removes its files when everything was taken", async () => {
    const spool = openSpool();
    const frames = ["a", "", "c".repeat(100_000)].map((text) => spool.append(record(text)));
    expect(await textsOf(spool, frames)).toEqual(["a", "", "c".repeat(100_000)]);
    expect(files(/\.open$/)).toHaveLength(1);
    for (const frame of frames) spool.acknowledge(frame);
    spool.close();
    expect(files(/\.(open|seg|ack)$/)).toEqual([]);
    expect(readdirSync(join(root, "v1", destinationHash))).toEqual([]);
  });

  it("removes a file that was sealed after everything in it was taken", () => {
    const clock = vi.spyOn(performance, "now");
    onTestFinished(() => clock.mockRestore());
    const spool = openSpool();
    for (let n = 0; n < 20; n++) {
      clock.mockReturnValue(n * 31_000);
      spool.acknowledge(spool.append(record("x")));
    }
    expect(files(/\.(open|seg|ack)$/)).toHaveLength(2);
    spool.close();
    expect(files(/\.(open|seg|ack)$/)).toEqual([]);
  });

  it("goes on where a file cannot be removed, and removes it when it can", () => {
    const spool = openSpool();
    const big = record("x".repeat(5_000_000));
    const frame = spool.append(big);
    const path = frame.file.path;
    rmSync(path);
    mkdirSync(path);
    spool.acknowledge(frame);
    expect(files(/\.seg$/)).toEqual([path]);
    rmSync(path, { recursive: true });
    writeFileSync(path, "");
    spool.append(big);
    expect(files(/000001/)).toEqual([]);
  });

  it("can be read by its owner only", () => {
    openSpool().append(record("private"));
    for (const path of [root, ...files(/./)]) {
      const stats = statSync(path);
      expect([basename(path), (stats.mode & 0o777).toString(8)]).toEqual([
        basename(path),
        stats.isFile() ? "600" : "700",
      ]);
    }
  });

  it("is left to another process when its own is gone, once, and to none while it lives", async () => {
    const first = openSpool();
    const kept = first.append(record("kept"));
    first.acknowledge(first.append(record("taken")));
    const second = openSpool();
    expect((await second.adopt()).frames).toEqual([]);
    killWriters();
    const { frames, damagedFrames } = await second.adopt();
    expect([await textsOf(second, frames), damagedFrames]).toEqual([["kept"], 0]);
    expect((await openSpool().adopt()).frames).toEqual([]);
    expect(kept.recordCount).toBe(1);
    for (const frame of frames) second.acknowledge(frame);
    expect(files(/\.(open|seg|ack)$/)).toEqual([]);
  });

  it("never gives one destination what is for another, wherever the file is", async () => {
    openSpool({ destinationHash: "fedcba9876543210" }).append(record("for somebody else"));
    const [foreign = ""] = files(/\.open$/);
    openSpool().append(record("own"));
    const [own = ""] = files(/\.open$/).filter((path) => path !== foreign);
    writeFileSync(join(dirname(own), "000009.seg"), readFileSync(foreign));
    killWriters();
    const spool = openSpool();
    expect((await spool.adopt()).frames).toHaveLength(1);
    expect(files(/000009\.seg$/)).toHaveLength(1);
  });

  it("refuses directories that others can write or read, and links", () => {
    mkdirSync(join(root, "v1", destinationHash), { recursive: true, mode: 0o755 });
    expect(() => openSpool().append(record("x"))).toThrow(DirectoryRefusal);
    rmSync(root, { recursive: true });
    mkdirSync(join(dirname(root), "elsewhere"), { mode: 0o700 });
    mkdirSync(root, { mode: 0o700 });
    symlinkSync(join(dirname(root), "elsewhere"), join(root, "v1"));
    expect(() => openSpool().append(record("x"))).toThrow(/symbolic link|EEXIST/);
    expect(readdirSync(join(dirname(root), "elsewhere"))).toEqual([]);
  });

  it("holds no more than it may", () => {
    const spool = openSpool({ largestBytes: 10_000 });
    const frames = Array.from({ length: 9 }, () => spool.append(record("x".repeat(1_000))));
    expect(() => spool.append(record("x".repeat(1_000)))).toThrow(SpoolRefusal);
    for (const frame of frames) spool.acknowledge(frame);
    spool.close();
    expect(openSpool({ largestBytes: 10_000 }).append(record("x".repeat(1_000))).length).toBeGreaterThan(1_000);
  });

  it("sees the room that it made itself at once", () => {
    const spool = openSpool({ largestBytes: 11_000_000 });
    const big = record("x".repeat(5_000_000));
    const frames = [spool.append(big), spool.append(big)];
    expect(spool.isAlmostFull).toBe(true);
    expect(() => spool.append(big)).toThrow(SpoolRefusal);
    for (const frame of frames) spool.acknowledge(frame);
    expect(spool.isAlmostFull).toBe(false);
    spool.append(big);
  });

  it("does not look at every file for each record while it is almost full", () => {
    const spool = openSpool({ largestBytes: 10_000 });
    for (let n = 0; n < 9; n++) spool.append(record("x".repeat(1_000)));
    const readings = watchFs("readdirSync");
    for (let n = 0; n < 100; n++) {
      expect(spool.isAlmostFull).toBe(true);
      expect(() => spool.append(record("x".repeat(1_000)))).toThrow(SpoolRefusal);
    }
    expect(readings.calls()).toBe(0);
  });

  it("sets aside no more than it has room for, which is none of the room for what waits", () => {
    const spool = openSpool({ largestBytes: 100_000 });
    spool.quarantine(record("x".repeat(10_000)), "refused");
    expect(() => spool.quarantine(record("x".repeat(10_000)), "refused")).toThrow(/quarantine/);
    expect(files(/quarantine.*\.seg$/)).toHaveLength(1);
    spool.append(record("x".repeat(95_000)));
  });

  it("takes a disk that is almost full for full until it is not", () => {
    const spool = openSpool();
    const free = watchFs("statfsSync", () => ({ type: 0, bavail: 4, blocks: 100, bsize: 4096 }) as fs.StatsFs);
    for (let n = 0; n < 3; n++) expect(() => spool.append(record("x"))).toThrow(SpoolRefusal);
    free.restore();
    spool.append(record("x"));
  });

  it("keeps nothing readable with a key, and opens nothing with another", async () => {
    const key = randomBytes(32).toString("base64");
    const spool = openSpool({ cipher: createFrameCipher(key) });
    const frame = spool.append(record("a secret prompt"));
    expect(readFileSync(files(/\.open$/)[0] ?? "").includes("secret prompt")).toBe(false);
    expect(await textsOf(spool, [frame])).toEqual(["a secret prompt"]);
    killWriters();
    const other = openSpool({ cipher: createFrameCipher(randomBytes(32).toString("hex")) });
    expect(await other.adopt()).toEqual({ frames: [], damagedFrames: 0, expired: [], lockedFiles: 1 });
    expect(await openSpool().adopt()).toMatchObject({ frames: [], lockedFiles: 1 });
    const right = openSpool({ cipher: createFrameCipher(key) });
    killWriters();
    expect(await textsOf(right, (await right.adopt()).frames)).toEqual(["a secret prompt"]);
    expect(() => createFrameCipher("short")).toThrow(/TRACELAKE_SPOOL_KEY/);
  });
});

describe("a record on disk", () => {
  const failing = (code: string): Error => Object.assign(new Error(code), { code });

  it("that cannot be read now is not lost", async () => {
    const spool = openSpool();
    const frame = spool.append(record("kept"));
    for (const code of ["EMFILE", "EIO", "EACCES"]) {
      const open = vi.spyOn(fs.promises, "open").mockRejectedValueOnce(failing(code));
      expect(await textsOf(spool, [frame, frame])).toEqual(["unreadable", "kept"]);
      open.mockRestore();
    }
  });

  it("is found where its file is sealed while it is opened", async () => {
    const spool = openSpool();
    const frame = spool.append(record("kept"));
    const sealed = frame.file.path.replace(/open$/, "seg");
    renameSync(frame.file.path, sealed);
    const texts = textsOf(spool, [frame]);
    frame.file.path = sealed;
    expect(await texts).toEqual(["kept"]);
  });

  it("that is damaged is known as such, and its file is copied once", async () => {
    const spool = openSpool();
    const frames = [
      spool.append(record("x".repeat(100))),
      spool.append(record("x".repeat(100))),
      spool.append(record("whole")),
    ];
    const [path = ""] = files(/\.open$/);
    writeFileSync(path, readFileSync(path, "latin1").replaceAll("x", "y"), "latin1");
    expect(await textsOf(spool, frames)).toEqual(["damaged", "damaged", "whole"]);
    expect(files(/\.damaged$/)).toHaveLength(1);
    rmSync(path);
    expect(await textsOf(spool, frames.slice(2))).toEqual(["damaged"]);
  });

  it("expires when what it was made of would have", async () => {
    const spool = openSpool();
    const original = spool.append(record("whole"));
    const clock = vi.spyOn(performance, "now").mockReturnValue(performance.now() + 6 * 24 * 60 * 60_000);
    onTestFinished(() => clock.mockRestore());
    const frames = [spool.append(record("thinned"), original), spool.append(record("new"))];
    clock.mockReturnValue(performance.now() + 2 * 24 * 60 * 60_000);
    expect(await textsOf(spool, frames)).toEqual(["expired", "new"]);
  });

  it("is left to the next process where the spool is closed before its turn", async () => {
    const left = [openSpool(), openSpool(), openSpool()];
    for (const spool of left) spool.append(record("left"));
    killWriters();
    const spool = openSpool();
    const adoption = spool.adopt();
    spool.close();
    await adoption;
    const next = openSpool();
    expect((await next.adopt()).frames).toHaveLength(2);
  });

  it("is taken over between the host's own turns", async () => {
    const first = openSpool();
    for (let n = 0; n < 5; n++) first.append(record("x".repeat(5_000_000)));
    killWriters();
    let turns = 0;
    const turn = (): void => {
      turns++;
      if (turns < 100) setImmediate(turn);
    };
    setImmediate(turn);
    expect((await openSpool().adopt()).frames).toHaveLength(5);
    expect(turns).toBeGreaterThanOrEqual(4);
    turns = 100;
  });

  it("that was taken over is seen to have an owner", async () => {
    openSpool().append(record("left"));
    killWriters();
    const spool = openSpool();
    const [frame] = (await spool.adopt()).frames;
    const directory = dirname(frame?.file.path ?? "");
    utimesSync(directory, 0, 0);
    spool.beat();
    expect(statSync(directory).mtimeMs).toBeGreaterThan(0);
  });
});

describe("a spool that was damaged", () => {
  const texts = Array.from({ length: 24 }, (_, n) => `${n}:${"x".repeat(n * 3)}`);

  const writeOne = (): Buffer => {
    const spool = openSpool();
    for (const text of texts) spool.append(record(text));
    const [path = ""] = files(/\.open$/);
    const bytes = readFileSync(path);
    rmSync(root, { recursive: true });
    return bytes;
  };

  /** What a spool makes of a file that a process of this machine left behind. */
  const adopted = async (bytes: Uint8Array): Promise<{ texts: string[]; damagedFrames: number }> => {
    openSpool().append(record("only for the name of its directory"));
    killWriters();
    const [left = ""] = files(/\.open$/);
    rmSync(left);
    writeFileSync(join(dirname(left), "000001.seg"), bytes, { mode: 0o600 });
    const spool = openSpool();
    const { frames, damagedFrames } = await spool.adopt();
    const found = { texts: await textsOf(spool, frames), damagedFrames };
    rmSync(root, { recursive: true });
    return found;
  };

  it("loses at most the record that was hit, counts it, and never sends a wrong one", async () => {
    const bytes = writeOne();
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(7), async (at, bit) => {
        const damaged = Buffer.from(bytes);
        damaged[at] = (damaged[at] ?? 0) ^ (1 << bit);
        const found = await adopted(damaged);
        expect(texts).toEqual(expect.arrayContaining(found.texts));
        expect(found.texts.length).toBeGreaterThanOrEqual(texts.length - 1);
        if (found.texts.length < texts.length) expect(found.damagedFrames).toBe(1);
      }),
      { numRuns: 400 },
    );
  });

  it("has every whole record of a file that was cut anywhere", async () => {
    const bytes = writeOne();
    for (let length = 0; length <= bytes.length; length += 17) {
      const found = await adopted(bytes.subarray(0, length));
      expect(found.texts).toEqual(texts.slice(0, found.texts.length));
    }
  });
});
