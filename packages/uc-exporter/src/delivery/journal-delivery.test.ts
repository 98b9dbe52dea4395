import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseLocation } from "@tracelake/wire";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Ledger, RecordKind } from "../pipeline/ledger.ts";
import { createJournalSink } from "../sinks/journal-sink.ts";
import { newBatch } from "./batch.ts";
import { JournalDelivery } from "./journal-delivery.ts";

vi.spyOn(process.stderr, "write").mockReturnValue(true);

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "tracelake-journal-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const deliverTo = (workspace: string) => {
  const ledger = new Ledger();
  const sink = createJournalSink(workspace, parseLocation("my_catalog.my_schema"));
  const delivery = new JournalDelivery(sink, ledger, { isSynced: false });
  const accept = (bytes: number): void => {
    ledger.accept(RecordKind.SPANS, 1, "queued");
    delivery.accept(newBatch(RecordKind.SPANS, 1, new Uint8Array(bytes)));
  };
  return { accept, counts: () => ledger.counts(RecordKind.SPANS) };
};

const mebibyte = 1024 * 1024;

describe("a journal", () => {
  it("takes a batch of any size while its disk is well", () => {
    const { accept, counts } = deliverTo(directory);
    accept(33 * mebibyte);
    expect(counts()).toMatchObject({ spooled: 1, queued: 0, dropped: {} });
  });

  it("keeps a directory that it makes out of git, and leaves one that is there as it is", () => {
    const made = join(directory, "made");
    deliverTo(made).accept(1);
    expect(readFileSync(join(made, ".gitignore"), "utf8")).toBe("*\n");
    const there = join(directory, "there");
    mkdirSync(there);
    const { accept, counts } = deliverTo(there);
    accept(1);
    expect([counts().spooled, existsSync(join(there, ".gitignore"))]).toEqual([1, false]);
  });

  it("is made anew where somebody removed it", () => {
    const { accept, counts } = deliverTo(directory);
    accept(10);
    rmSync(directory, { recursive: true });
    accept(10);
    const segments = readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".open"),
    );
    expect(segments).toHaveLength(1);
    expect(counts()).toMatchObject({ spooled: 2, queued: 0 });
  });

  it("keeps 32 MiB in memory while it cannot be written, and gives up what comes then", () => {
    writeFileSync(join(directory, "file"), "");
    const { accept, counts } = deliverTo(join(directory, "file"));
    for (let n = 0; n < 4; n++) accept(10 * mebibyte);
    expect(counts()).toMatchObject({ spooled: 0, queued: 3, dropped: { queue_full: 1 } });
  });
});
