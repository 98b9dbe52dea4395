import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { JournalFrameType } from "@tracelake/wire";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Spool, type SpooledFrame } from "../src/spool/spool.ts";

/**
 * A spool against a model of it: any order of writing, taking, crashing, tearing, damaging and adopting leaves exactly
 * the records that the model has.
 */
type Step =
  | { readonly do: "append"; readonly size: number }
  | { readonly do: "acknowledge"; readonly which: number }
  | { readonly do: "close" }
  | { readonly do: "crash" }
  | { readonly do: "crash torn"; readonly bytes: number }
  | { readonly do: "lose acknowledgements" };

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("append" as const), size: fc.nat(300) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("acknowledge" as const), which: fc.nat(50) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("close" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("crash" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("crash torn" as const), bytes: fc.integer({ min: 1, max: 500 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("lose acknowledgements" as const) }) },
);

const destinationHash = "0123456789abcdef";

class System {
  readonly root = join(mkdtempSync(join(tmpdir(), "tracelake-model-")), "spool");
  spool = new Spool({ destinationHash }, { root: this.root });
  /** What must still be there, by its text. */
  readonly wanted = new Map<string, SpooledFrame>();
  /** What was taken, but whose acknowledgement may be lost: it may come again. */
  readonly taken = new Set<string>();
  #next = 0;

  files(end: RegExp): string[] {
    try {
      return readdirSync(this.root, { recursive: true, encoding: "utf8" })
        .filter((name) => end.test(name))
        .map((name) => join(this.root, name));
    } catch {
      return [];
    }
  }

  append(size: number): void {
    const text = `${this.#next++}:${"x".repeat(size)}`;
    const body = Buffer.from(text);
    this.wanted.set(
      text,
      this.spool.append({ type: JournalFrameType.SPANS, recordCount: 1, body, isCompressed: false }),
    );
  }

  acknowledge(which: number): void {
    const [text, frame] = [...this.wanted][which % Math.max(this.wanted.size, 1)] ?? [];
    if (text === undefined || frame === undefined) return;
    this.spool.acknowledge(frame);
    this.wanted.delete(text);
    this.taken.add(text);
  }

  /** The next process finds what this one left. */
  async reopen(): Promise<void> {
    const parent = join(this.root, "v1", destinationHash);
    for (const name of this.files(/^v1\/[^/]+\/p-[^/]+$/).map((path) => path.slice(parent.length + 1))) {
      const [p, host, namespace] = name.split("-");
      const gone = [p, host, namespace, 4_194_304, 1, randomBytes(6).toString("hex")].join("-");
      renameSync(join(parent, name), join(parent, gone));
    }
    this.spool = new Spool({ destinationHash }, { root: this.root });
    const { frames } = await this.spool.adopt();
    const found = new Map<string, SpooledFrame>();
    for (const frame of frames) {
      const reading = await this.spool.read(frame);
      const text = typeof reading === "string" ? reading : Buffer.from(reading.body).toString();
      expect(found.has(text)).toBe(false);
      found.set(text, frame);
    }
    for (const [text, frame] of found) {
      expect(this.wanted.has(text) || this.taken.has(text)).toBe(true);
      if (this.taken.has(text)) this.spool.acknowledge(frame);
    }
    expect([...found.keys()].filter((text) => this.wanted.has(text)).toSorted()).toEqual(
      [...this.wanted.keys()].toSorted(),
    );
    for (const text of this.wanted.keys()) {
      const frame = found.get(text);
      if (frame !== undefined) this.wanted.set(text, frame);
    }
  }

  /** What was in the torn part is lost, and nothing else. */
  tear(bytes: number): void {
    const [path] = this.files(/\.open$/);
    if (path === undefined) return;
    const size = Math.max(statSync(path).size - bytes, 0);
    truncateSync(path, size);
    for (const [text, frame] of this.wanted)
      if (frame.file.path === path && frame.offset + frame.length > size) this.wanted.delete(text);
  }

  async run(step: Step): Promise<void> {
    switch (step.do) {
      case "append":
        return this.append(step.size);
      case "acknowledge":
        return this.acknowledge(step.which);
      case "close":
        this.spool.close();
        return this.reopen();
      case "crash torn":
        this.tear(step.bytes);
        return this.reopen();
      case "lose acknowledgements":
        for (const path of this.files(/\.ack$/)) writeFileSync(path, readFileSync(path).subarray(0, -3));
        return this.reopen();
      case "crash":
        return this.reopen();
    }
  }
}

/** Orders of events that once told the two apart. */
const found: [Step[]][] = [
  [
    [
      { do: "append", size: 0 },
      { do: "acknowledge", which: 0 },
      { do: "append", size: 0 },
      { do: "lose acknowledgements" },
    ],
  ],
];

describe("a spool and the model of it", () => {
  it("agree after any order of events", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { maxLength: 40 }), async (events) => {
        const system = new System();
        try {
          for (const event of events) await system.run(event);
          await system.reopen();
          for (const frame of system.wanted.values()) system.spool.acknowledge(frame);
          system.spool.close();
          expect(system.files(/\.(open|seg|ack)$/)).toEqual([]);
        } finally {
          rmSync(join(system.root, ".."), { recursive: true, force: true });
        }
      }),
      { examples: found, numRuns: Number(process.env["TRACELAKE_MODEL_RUNS"] ?? 150) },
    );
  }, 600_000);
});
