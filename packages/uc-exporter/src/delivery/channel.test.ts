import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { decodeTraceRequest, encodeTraceRequest, JournalFrameType } from "@tracelake/wire";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Ledger, RecordKind } from "../pipeline/ledger.ts";
import type { OutgoingRequest, RemoteSink, SendOutcome } from "../sinks/sink.ts";
import { Spool } from "../spool/spool.ts";
import { newBatch } from "./batch.ts";
import { Channel, type ChannelContext } from "./channel.ts";
import { SendClass } from "./classify.ts";
import { Disk } from "./disk.ts";
import { Durability } from "./durability.ts";
import { MemoryBudget } from "./memory-budget.ts";

vi.spyOn(process.stderr, "write").mockReturnValue(true);

interface Asked {
  readonly names: string;
  readonly isCompressed: boolean;
  readonly signal: AbortSignal;
  readonly answer: (outcome: SendOutcome | SendClass) => void;
}

const namesIn = ({ body, isCompressed }: OutgoingRequest): string =>
  decodeTraceRequest(isCompressed ? gunzipSync(body) : body)
    .resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans.map(({ name = "" }) => name[0])))
    .join("");

/** A destination that keeps every request until the test answers it; one whose signal comes is not answered in time. */
class HeldDestination {
  readonly requests: Asked[] = [];

  readonly sink: RemoteSink = {
    type: "remote",
    name: "a destination",
    location: undefined,
    identity: "test",
    isLoopback: true,
    accepts: () => true,
    encodeTraceInfo: () => new Uint8Array(),
    send: (request) =>
      new Promise((resolve) => {
        const answer = (outcome: SendOutcome | SendClass): void =>
          resolve(typeof outcome === "string" ? { class: outcome, message: outcome } : outcome);
        const onAbort = (): void => answer(SendClass.TRANSIENT);
        if (request.signal.aborted) onAbort();
        else request.signal.addEventListener("abort", onAbort);
        const { isCompressed, signal } = request;
        this.requests.push({ names: namesIn(request), isCompressed, signal, answer });
      }),
  };
}

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

const newDirectory = (): string => {
  const directory = mkdtempSync(join(tmpdir(), "tracelake-channel-"));
  directories.push(directory);
  return directory;
};

const open = (options: Partial<ChannelContext> = {}) => {
  const destination = new HeldDestination();
  const root = join(newDirectory(), "spool");
  const spool = new Spool({ destinationHash: "0123456789abcdef" }, { root });
  const ledger = new Ledger();
  const channel = new Channel(RecordKind.SPANS, {
    sink: destination.sink,
    ledger,
    budget: new MemoryBudget(16 * 1024 * 1024, 64 * 1024 * 1024),
    disk: new Disk(spool, () => false),
    durability: Durability.SPILL,
    isCompressing: false,
    onSettled: () => undefined,
    ...options,
  });
  /** One batch with a span for each letter. */
  const accept = (letters: string): void => {
    ledger.accept(RecordKind.SPANS, letters.length, "queued");
    channel.accept(newBatch(RecordKind.SPANS, letters.length, encode(letters)));
  };
  let seen = 0;
  /** The next request that has not been looked at, as soon as it may begin. */
  const next = async (): Promise<Asked> => {
    const request = await vi.waitFor(
      () => {
        channel.hurry();
        const [found] = destination.requests.slice(seen);
        if (found === undefined) throw new Error("There is no further request.");
        return found;
      },
      { timeout: 3_000 },
    );
    seen++;
    return request;
  };
  const counts = () => ledger.counts(RecordKind.SPANS);
  const segments = (): string[] =>
    readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => /\.(open|seg)$/.test(name));
  return { channel, spool, ledger, accept, next, counts, segments, requests: destination.requests };
};

const encode = (letters: string): Uint8Array =>
  encodeTraceRequest({
    resourceSpans: [
      {
        scopeSpans: [
          {
            spans: letters.split("").map((letter) => ({
              traceId: "0".repeat(31) + "1",
              spanId: "0".repeat(15) + "1",
              name: letter.repeat(2_000),
              kind: 1,
              startTimeUnixNano: 1n,
              endTimeUnixNano: 2n,
              attributes: [],
              events: [],
              links: [],
            })),
          },
        ],
      },
    ],
  });

describe("a channel", () => {
  it.each([SendClass.UNSUPPORTED_FORM, SendClass.BAD_DATA])(
    "sends everything once more without compression where that is refused (%s), also what was under way",
    async (refusal) => {
      const { accept, next, counts } = open({ isCompressing: true });
      for (const letter of "ab") accept(letter);
      const underWay = [await next(), await next()];
      for (const request of underWay) {
        expect(request.isCompressed).toBe(true);
        request.answer(refusal);
      }
      for (const letter of "ab") {
        const again = await next();
        expect([again.names, again.isCompressed]).toEqual([letter, false]);
        again.answer(SendClass.TAKEN);
      }
      await vi.waitFor(() => expect(counts()).toMatchObject({ exported: 2, queued: 0, spooled: 0 }));
    },
  );

  it("sends what an earlier process compressed as it is asked to", async () => {
    const { channel, spool, ledger, next } = open();
    const frame = spool.append({
      type: JournalFrameType.SPANS,
      recordCount: 1,
      body: gzipSync(encode("a")),
      isCompressed: true,
    });
    ledger.accept(RecordKind.SPANS, 1, "spooled");
    channel.acceptSpooled(frame);
    channel.pump();
    expect(await next()).toMatchObject({ names: "a", isCompressed: false });
  });

  it.each([SendClass.CONFIGURATION, SendClass.TRANSIENT, SendClass.UNAUTHENTICATED])(
    "tries what is behind a batch that is refused (%s)",
    async (refusal) => {
      const { accept, next } = open();
      accept("a");
      (await next()).answer(refusal);
      const again = await next();
      accept("b");
      again.answer(refusal);
      const { names, answer } = await next();
      expect(names).toBe("b");
      answer(SendClass.TAKEN);
    },
  );

  const refusal: SendOutcome = { class: SendClass.BAD_DATA, message: "a refused" };

  /** A channel that has just learned that only the first of four spans is refused, and is asking on. */
  const startSearch = async (options: Partial<ChannelContext> = {}) => {
    const opened = open(options);
    opened.accept("abcd");
    (await opened.next()).answer(refusal);
    (await opened.next()).answer({ ...refusal, message: "ab refused" });
    (await opened.next()).answer(SendClass.TAKEN);
    return { ...opened, probe: await opened.next() };
  };

  it("counts what it searches where it is, also where it is written to disk meanwhile", async () => {
    const { channel, counts, probe, next, spool } = await startSearch();
    channel.secure();
    expect(counts()).toMatchObject({ queued: 0, spooled: 4 });
    expect(probe.names).toBe("a");
    probe.answer(refusal);
    (await next()).answer(SendClass.TAKEN);
    await vi.waitFor(() => expect(channel.isIdle).toBe(true));
    expect(counts()).toMatchObject({ exported: 3, quarantined: 1, queued: 0, spooled: 0 });
    spool.close();
  });

  it("keeps on disk, where the disk has its batch, what is left of a search that ends without an answer", async () => {
    const { channel, counts, probe } = await startSearch({ durability: Durability.JOURNAL });
    channel.abort();
    expect(probe.signal.aborted).toBe(true);
    await vi.waitFor(() => expect(counts()).toMatchObject({ exported: 2, queued: 0, spooled: 2 }));
  });

  it("leaves a batch that it was searching, as it was, to the next process", async () => {
    const { channel, counts, probe, spool, requests, segments } = await startSearch();
    channel.stop();
    spool.close();
    expect(probe.signal.aborted).toBe(true);
    await vi.waitFor(() => expect(channel.isIdle).toBe(true));
    expect(counts()).toMatchObject({ exported: 0, queued: 0, spooled: 4 });
    expect(requests.map(({ names }) => names)).toEqual(["abcd", "ab", "cd", "a", "b"]);
    expect(segments()).toEqual([expect.stringMatching(/000001\.seg$/)]);
  });

  it("begins nothing after it was told to give up, until more comes", async () => {
    let settled = 0;
    const { channel, accept, next, requests } = open({ onSettled: () => void settled++ });
    for (const letter of "abcdef") accept(letter);
    (await next()).answer(SendClass.TAKEN);
    await vi.waitFor(() => expect(requests).toHaveLength(5));
    channel.abort();
    await vi.waitFor(() => expect(settled).toBe(5));
    await new Promise((resolve) => setImmediate(resolve));
    expect(requests).toHaveLength(5);
    accept("g");
    await vi.waitFor(() => expect(requests).toHaveLength(6));
  });
});
