import { halveRequest, splitRequest, type RequestPart } from "@tracelake/wire";
import { cutTraceRequest } from "../convert/cut-span.ts";
import { DropReason, RecordKind } from "../pipeline/ledger.ts";
import { report } from "../report.ts";
import type { SendOutcome } from "../sinks/sink.ts";
import { newBatch, placeOf, toSpoolRecord, type Batch } from "./batch.ts";
import type { ChannelContext } from "./channel.ts";
import { SendClass } from "./classify.ts";
import { rawBodyOf } from "./compression.ts";

/** What the channel does for whoever decides on a refused batch. */
interface ChannelActions {
  readonly send: (batch: Batch, signal: AbortSignal) => Promise<SendOutcome>;
  readonly keep: (batch: Batch) => void;
}

/** A part of a refused batch, and what it was answered. */
interface SentPart {
  readonly part: RequestPart;
  readonly outcome: SendOutcome;
}

/** One search for what makes a batch invalid. */
interface Search {
  readonly kind: RecordKind;
  readonly signal: AbortSignal;
  /** How many requests may still be spent on it. */
  probesLeft: number;
}

const shareOfRefusedSize = 0.8;
const leastCapBytes = 1024;
const growthMillis = 10 * 60_000;
const growth = 1.1;
const mostProbes = 20;

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
   * Asks for the records that make a batch invalid. What is refused alike in both its halves, or alone, may be blamed for a
   * column that the table lacks: it is asked for only where others were taken since. Nothing is decided while it asks, since
   * the batch may meanwhile be written to disk, or be left to the next process.
   *
   * @returns the parts for {@link settle}; `undefined` where not the records but a setting may be the reason, so that the
   * batch is to be kept.
   */
  async search(
    batch: Batch,
    { outcome, signal }: { readonly outcome: SendOutcome; readonly signal: AbortSignal },
  ): Promise<readonly SentPart[] | undefined> {
    const { kind, recordCount, suspectedAtMillis } = batch;
    if (suspectedAtMillis !== undefined && this.#lastTakenAtMillis <= suspectedAtMillis) return undefined;
    const search: Search = { kind, signal, probesLeft: mostProbes };
    const whole: RequestPart = { bytes: rawBodyOf(batch), recordCount };
    const halves = await this.#sendHalves(whole, search);
    if (suspectedAtMillis === undefined && areRefusedAlike(halves)) {
      batch.suspectedAtMillis = performance.now();
      return undefined;
    }
    return halves.length === 0 ? [{ part: whole, outcome }] : this.#divide(halves, search);
  }

  /** Decides on the parts of a batch by what they were answered: records that are refused alone are set aside. */
  settle(batch: Batch, parts: readonly SentPart[]): void {
    for (const { part, outcome } of parts) {
      const isTaken = outcome.class === SendClass.TAKEN;
      const isToBlame = isRefusal(outcome) && part.recordCount === 1;
      const own = this.#partOf(batch, part, { isKept: !isTaken && !isToBlame });
      if (isTaken) this.settleTaken(own, outcome);
      else if (isToBlame) this.setAside(own, outcome);
      else this.#actions.keep(isRefusal(outcome) ? { ...own, suspectedAtMillis: Number.NEGATIVE_INFINITY } : own);
    }
    this.#forget(batch);
  }

  async #sendHalves(whole: RequestPart, search: Search): Promise<SentPart[]> {
    if (whole.recordCount === 1) return [];
    const sent: SentPart[] = [];
    for (const part of halveRequest(whole.bytes)) {
      search.probesLeft--;
      const outcome = await this.#actions.send(newBatch(search.kind, part.recordCount, part.bytes), search.signal);
      sent.push({ part, outcome });
    }
    return sent;
  }

  /** Down to single records, or until no more may be asked. */
  async #divide(halves: readonly SentPart[], search: Search): Promise<SentPart[]> {
    const found: SentPart[] = [];
    for (const half of halves) {
      const { part, outcome } = half;
      const mayAsk = search.probesLeft >= 2 && !search.signal.aborted;
      if (!isRefusal(outcome) || part.recordCount === 1 || !mayAsk) found.push(half);
      else found.push(...(await this.#divide(await this.#sendHalves(part, search), search)));
    }
    return found;
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
    const batches = parts.map((part) => this.#partOf(batch, part, { isKept: true }));
    this.#forget(batch);
    return batches;
  }

  /** A part that counts where it is: one that is kept goes to disk, where its batch is. */
  #partOf(batch: Batch, { bytes, recordCount }: RequestPart, { isKept }: { readonly isKept: boolean }): Batch {
    const { disk, ledger } = this.#shared;
    const part = newBatch(batch.kind, recordCount, bytes);
    if (batch.frame === undefined) return part;
    const frame = isKept ? disk?.append(toSpoolRecord(part), { replaces: batch.frame }) : undefined;
    if (frame === undefined) ledger.move(batch.kind, recordCount, { from: "spooled", to: "queued" });
    return frame === undefined ? part : { ...part, frame };
  }
}
