import { halveRequest, splitRequest, type RequestPart } from "@tracelake/wire";
import { cutTraceRequest } from "../convert/cut-span.ts";
import { DropReason, RecordKind } from "../pipeline/ledger.ts";
import { report } from "../report.ts";
import type { SendOutcome } from "../sinks/sink.ts";
import { newBatch, placeOf, toSpoolRecord, type Batch } from "./batch.ts";
import type { ChannelContext } from "./channel.ts";
import { SendClass } from "./classify.ts";

/** What the channel does for whoever decides on a refused batch. */
interface ChannelActions {
  readonly send: (batch: Batch) => Promise<SendOutcome>;
  readonly keep: (batch: Batch) => void;
}

interface SentPart {
  readonly part: RequestPart;
  readonly outcome: SendOutcome;
}

/** How many requests may still be spent on one batch. */
interface Probes {
  left: number;
}

interface Division {
  readonly outcome: SendOutcome;
  /** What the batch was cut into, and the answers; none for a single record. */
  readonly halves: readonly SentPart[];
  readonly probes: Probes;
}

const shareOfRefusedSize = 0.8;
const leastCapBytes = 1024;
const growthMillis = 10 * 60_000;
const growth = 1.1;
const mostProbes = 20;

export const rawBodyOf = ({ body, isCompressed }: Batch): Uint8Array =>
  isCompressed ? process.getBuiltinModule("node:zlib").gunzipSync(body) : body;

/** Not compressed any more. */
export const expand = (batch: Batch): void => {
  batch.body = rawBodyOf(batch);
  batch.isCompressed = false;
};

const isRefusal = (outcome: SendOutcome): boolean =>
  outcome.class === SendClass.BAD_DATA || outcome.class === SendClass.SERVER_ERROR;

const areRefusedAlike = (parts: readonly SentPart[]): boolean =>
  parts.every(({ outcome }) => isRefusal(outcome) && outcome.message === parts[0]?.outcome.message);

/** Decides on batches that a destination did not simply take: too large, partly refused, or invalid. */
export class RefusedBatches {
  readonly #shared: ChannelContext;
  readonly #actions: ChannelActions;
  #capBytes = Number.POSITIVE_INFINITY;
  #capLearnedAtMillis = 0;
  #lastTakenAtMillis = Number.NEGATIVE_INFINITY;

  constructor(shared: ChannelContext, actions: ChannelActions) {
    this.#shared = shared;
    this.#actions = actions;
  }

  /** The largest body worth sending, as far as is known; it grows again with time. */
  get capBytes(): number {
    if (this.#capBytes === Number.POSITIVE_INFINITY) return this.#capBytes;
    const steps = Math.floor((performance.now() - this.#capLearnedAtMillis) / growthMillis);
    return this.#capBytes * growth ** steps;
  }

  /** When the destination last took anything, by the clock of `performance.now()`. */
  get lastTakenAtMillis(): number {
    return this.#lastTakenAtMillis;
  }

  /** The destination has the batch, but for what it says it refused; OTLP forbids to send that again. */
  settleTaken(batch: Batch, { rejected = 0, message = "" }: SendOutcome): void {
    const { ledger, disk, sink } = this.#shared;
    this.#lastTakenAtMillis = performance.now();
    const refused = Math.min(rejected, batch.recordCount);
    if (refused > 0) {
      disk?.quarantine(toSpoolRecord(batch), `partial success: ${message}`);
      ledger.drop(batch.kind, refused, { from: placeOf(batch), reason: DropReason.REJECTED_PARTIAL });
    }
    if (rejected > 0 || message !== "")
      report(
        `partial ${sink.name}`,
        `${sink.name} refused ${refused} of ${batch.recordCount} ${batch.kind} and says: ${message.slice(0, 500) || "nothing"}. Look at what is special about them.`,
      );
    ledger.move(batch.kind, batch.recordCount - refused, { from: placeOf(batch), to: "exported" });
    this.#forget(batch);
  }

  /** Cuts a batch that is too large, between records and, where one alone is too large, within it. */
  split(batch: Batch, outcome: SendOutcome): void {
    const raw = rawBodyOf(batch);
    this.#capBytes = Math.max(Math.min(raw.length, this.capBytes) * shareOfRefusedSize, leastCapBytes);
    this.#capLearnedAtMillis = performance.now();
    if (batch.recordCount > 1) {
      const mostBytes = Math.min(this.#capBytes, raw.length / 2);
      this.replace(batch, splitRequest(raw, mostBytes)).forEach((part) => this.#actions.keep(part));
      return;
    }
    const cut = batch.kind === RecordKind.SPANS ? cutTraceRequest(raw, raw.length / 2) : undefined;
    if (cut === undefined || raw.length <= leastCapBytes) {
      this.#lose(batch, DropReason.TOO_LARGE, outcome);
      return;
    }
    const { sink } = this.#shared;
    report(
      `cut ${sink.name}`,
      `A span of ${raw.length} bytes is larger than ${sink.name} takes; its longest values are cut. Set capture.maxValueBytes to choose the size yourself.`,
    );
    this.replace(batch, [{ bytes: cut, recordCount: 1 }]).forEach((part) => this.#actions.keep(part));
  }

  /**
   * Finds the records that make a batch invalid and sets them aside; the others are delivered. What is refused alike in
   * both its halves, or alone, may be blamed for a column that the table lacks: it is set aside only where others were
   * taken since.
   *
   * @returns `false` where not the records but a setting may be the reason, so that the batch is to be kept.
   */
  async isolate(batch: Batch, outcome: SendOutcome): Promise<boolean> {
    const { suspectedAtMillis } = batch;
    if (suspectedAtMillis !== undefined && this.#lastTakenAtMillis <= suspectedAtMillis) return false;
    const probes = { left: mostProbes };
    const halves = await this.#sendHalves(batch, probes);
    if (suspectedAtMillis === undefined && areRefusedAlike(halves)) {
      batch.suspectedAtMillis = performance.now();
      return false;
    }
    await this.#divide(batch, { outcome, halves, probes });
    return true;
  }

  async #sendHalves(batch: Batch, probes: Probes): Promise<SentPart[]> {
    if (batch.recordCount === 1) return [];
    const sent: SentPart[] = [];
    for (const part of halveRequest(rawBodyOf(batch))) {
      probes.left--;
      const outcome = await this.#actions.send(newBatch(batch.kind, part.recordCount, part.bytes));
      sent.push({ part, outcome });
    }
    return sent;
  }

  /** One of the records is to blame: decides on what its halves were answered, down to single records. */
  async #divide(batch: Batch, { outcome, halves, probes }: Division): Promise<void> {
    if (halves.length === 0) return this.setAside(batch, outcome);
    const parts = this.replace(
      batch,
      halves.map(({ part }) => part),
    );
    for (const [index, half] of parts.entries()) {
      const own = halves[index]?.outcome;
      if (own?.class === SendClass.TAKEN) this.settleTaken(half, own);
      else if (own === undefined || !isRefusal(own)) this.#actions.keep(half);
      else if (half.recordCount > 1 && probes.left < 2)
        this.#actions.keep({ ...half, suspectedAtMillis: Number.NEGATIVE_INFINITY });
      else await this.#divide(half, { outcome: own, halves: await this.#sendHalves(half, probes), probes });
    }
  }

  /** Keeps a batch that will never be taken for people to look at, where there is a disk. */
  setAside(batch: Batch, { message = "" }: SendOutcome): void {
    const { ledger, disk, sink } = this.#shared;
    if (disk?.quarantine(toSpoolRecord(batch), message) !== true) {
      this.#lose(batch, DropReason.BAD_DATA, { class: SendClass.BAD_DATA, message });
      return;
    }
    ledger.move(batch.kind, batch.recordCount, { from: placeOf(batch), to: "quarantined" });
    this.#forget(batch);
    report(
      `quarantine ${sink.name}`,
      `${batch.recordCount} ${batch.kind} were refused and set aside in the spool's quarantine directory. ${message}`,
    );
  }

  #lose(batch: Batch, reason: DropReason, { message = "" }: SendOutcome): void {
    this.#shared.ledger.drop(batch.kind, batch.recordCount, { from: placeOf(batch), reason });
    this.#forget(batch);
    if (message !== "") report(`refused ${this.#shared.sink.name}`, message);
  }

  #forget({ frame }: Batch): void {
    if (frame !== undefined) this.#shared.disk?.spool.acknowledge(frame);
  }

  /** Batches of their own in place of one; on disk before it is forgotten, where it was there. */
  replace(batch: Batch, parts: readonly RequestPart[]): Batch[] {
    const { disk, ledger } = this.#shared;
    const batches = parts.map(({ bytes, recordCount }): Batch => {
      const part = newBatch(batch.kind, recordCount, bytes);
      if (batch.frame === undefined) return part;
      const frame = disk?.append(toSpoolRecord(part));
      if (frame === undefined) ledger.move(batch.kind, recordCount, { from: "spooled", to: "queued" });
      return frame === undefined ? part : { ...part, frame };
    });
    this.#forget(batch);
    return batches;
  }
}
