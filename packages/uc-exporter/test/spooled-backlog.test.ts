import fs, { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { newBatch } from "../src/delivery/batch.ts";
import { SendClass } from "../src/delivery/classify.ts";
import { FlushGoal } from "../src/delivery/delivery.ts";
import { Durability } from "../src/delivery/durability.ts";
import { RemoteDelivery } from "../src/delivery/remote-delivery.ts";
import { Ledger, RecordKind } from "../src/pipeline/ledger.ts";
import type { RemoteSink } from "../src/sinks/sink.ts";

vi.spyOn(process.stderr, "write").mockReturnValue(true);
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "tracelake-backlog-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A delivery whose destination is away until it is told otherwise, with one batch that waits on disk. */
const leaveOne = async () => {
  const destination = { isAway: true, bodies: [] as string[] };
  const sink: RemoteSink = {
    type: "remote",
    name: "a destination",
    location: undefined,
    identity: "backlog",
    isLoopback: true,
    accepts: () => true,
    encodeTraceInfo: () => new Uint8Array(),
    send: async ({ body }) => {
      if (destination.isAway) return { class: SendClass.TRANSIENT };
      destination.bodies.push(Buffer.from(body).toString());
      return { class: SendClass.TAKEN };
    },
  };
  const ledger = new Ledger();
  const delivery = new RemoteDelivery(sink, ledger, {
    durability: Durability.SPILL,
    spoolDirectory: join(root, "spool"),
    cipher: undefined,
    isCompressing: false,
  });
  onTestFinished(() => delivery.closeNow());
  ledger.accept(RecordKind.SPANS, 1, "queued");
  delivery.accept(newBatch(RecordKind.SPANS, 1, Buffer.from("kept")));
  const counts = () => ledger.counts(RecordKind.SPANS);
  await vi.waitFor(() => expect(counts()).toMatchObject({ spooled: 1 }));
  destination.isAway = false;
  const flush = () => delivery.flush(1_500, FlushGoal.EXPORTED);
  return { destination, counts, flush };
};

describe("what waits on disk", () => {
  it("stays there while it cannot be read, is asked for rarely, and is sent when it can", async () => {
    const { destination, counts, flush } = await leaveOne();
    const open = vi
      .spyOn(fs.promises, "open")
      .mockRejectedValue(Object.assign(new Error("too many open files"), { code: "EMFILE" }));
    await flush();
    expect(open).toHaveBeenCalledTimes(1);
    expect(counts()).toMatchObject({ spooled: 1, dropped: {} });
    open.mockRestore();
    await flush();
    expect(counts()).toMatchObject({ exported: 1, spooled: 0 });
    expect(destination.bodies).toEqual(["kept"]);
  });

  it("expires after seven days by a clock that does not jump, also in a process that goes on", async () => {
    const { destination, counts, flush } = await leaveOne();
    const week = 7 * 24 * 60 * 60_000;
    const wall = vi.spyOn(Date, "now").mockReturnValue(Date.now() + 2 * week);
    const now = performance.now.bind(performance);
    const clock = vi.spyOn(performance, "now");
    onTestFinished(() => [wall, clock].forEach((spy) => spy.mockRestore()));
    clock.mockImplementation(() => now() + week - 60_000);
    destination.isAway = true;
    await flush();
    expect(counts()).toMatchObject({ spooled: 1, dropped: {} });
    clock.mockImplementation(() => now() + week);
    await flush();
    expect(counts()).toMatchObject({ exported: 0, spooled: 0, dropped: { expired: 1 } });
  });
});
