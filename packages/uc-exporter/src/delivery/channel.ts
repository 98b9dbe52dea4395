import type { RequestPart } from "@tracelake/wire";
import { withoutTracing } from "../provider/suppression.ts";
import { DropReason, type Ledger, type RecordKind } from "../pipeline/ledger.ts";
import { report } from "../report.ts";
import type { RemoteSink, SendOutcome } from "../sinks/sink.ts";
import type { SpooledFrame } from "../spool/spool.ts";
import { Backlog } from "./backlog.ts";
import { spooledBatch, toSpoolRecord, type Batch } from "./batch.ts";
import { SendClass } from "./classify.ts";
import { Compression, rawBodyOf } from "./compression.ts";
import type { Disk } from "./disk.ts";
import { Durability } from "./durability.ts";
import { Fifo } from "./fifo.ts";
import type { MemoryBudget } from "./memory-budget.ts";
import { Health, Pace } from "./pace.ts";
import { RefusedBatches } from "./refused-batches.ts";

/** What the channels of one destination share. */
export interface ChannelContext {
  readonly sink: RemoteSink;
  readonly ledger: Ledger;
  readonly budget: MemoryBudget;
  readonly disk: Disk | undefined;
  readonly durability: Durability;
  readonly isCompressing: boolean;
  /** Something was delivered or given up. */
  readonly onSettled: () => void;
}

/** A smaller form of a batch's body; `undefined` where nothing of it is kept. */
export type Thin = (batch: Batch, raw: Uint8Array) => RequestPart | undefined;

interface Attempt {
  /** By the clock of the pace. */
  readonly startedAtMillis: number;
  readonly signal: AbortSignal;
}

const freshPerBacklog = 3;
const mostServerErrors = 5;
// A trace info is a small request of its own: four of them are worth one of spans.
const traceInfoWeight = 0.25;

/**
 * The way of one kind of records to one destination: what waits in memory, what waits on disk, and when the next attempt
 * is due. Kinds have channels of their own, so that a missing grant on one table holds up nothing else.
 */
export class Channel {
  readonly kind: RecordKind;
  readonly #shared: ChannelContext;
  readonly #pace = new Pace();
  readonly #fresh = new Fifo<Batch>();
  readonly #backlog: Backlog;
  readonly #inFlight = new Map<Batch, AbortController>();
  readonly #shrinking = new Set<Batch>();
  readonly #refused: RefusedBatches;
  readonly #compression: Compression;
  #timer: NodeJS.Timeout | undefined;
  #freshInARow = 0;
  #isPaused = false;
  #isClosed = false;

  constructor(kind: RecordKind, shared: ChannelContext) {
    this.kind = kind;
    this.#shared = shared;
    this.#backlog = new Backlog(shared);
    this.#compression = new Compression(shared.isCompressing);
    this.#refused = new RefusedBatches(shared, {
      send: (batch, signal) => this.#send(batch, signal),
      keep: (batch) => this.#keep(batch),
    });
  }

  get isIdle(): boolean {
    return this.#fresh.length === 0 && this.#backlog.length === 0 && this.#inFlight.size + this.#shrinking.size === 0;
  }

  get health(): Health {
    return this.#pace.health;
  }

  /** The largest body worth sending, as far as the destination has shown. */
  get capBytes(): number {
    return this.#refused.capBytes;
  }

  accept(batch: Batch): void {
    const { budget, ledger, durability } = this.#shared;
    this.#store(batch, durability === Durability.JOURNAL || durability === Durability.JOURNAL_FSYNC);
    if (batch.frame === undefined && budget.isFull(batch.body.length)) {
      ledger.drop(batch.kind, batch.recordCount, { from: "queued", reason: DropReason.QUEUE_FULL });
      return;
    }
    this.#keep(batch);
    this.#resume();
  }

  /** Takes what an earlier process, or this one, left on disk. */
  acceptSpooled(frame: SpooledFrame): void {
    this.#backlog.push(spooledBatch(frame));
  }

  /** What waits on disk without a copy in memory. */
  get waitingOnDisk(): readonly Batch[] {
    return this.#backlog.values();
  }

  /** Takes what waits in one file. */
  takeWaitingIn(file: SpooledFrame["file"]): Batch[] {
    return this.#backlog.takeWaitingIn(file);
  }

  /** Writes what waits in one file once more, smaller where it can be, so that the file can go. */
  async shrinkWaitingIn(file: SpooledFrame["file"], thin: Thin): Promise<void> {
    const waiting = this.takeWaitingIn(file);
    // Whoever flushes must not find nothing while most of them wait for their turn.
    for (const batch of waiting) this.#shrinking.add(batch);
    for (const batch of waiting) await this.#shrink(batch, thin);
  }

  async #shrink(batch: Batch, thin: Thin): Promise<void> {
    try {
      if (!(await this.#backlog.load(batch)) || this.#isClosed) return;
      const part = thin(batch, rawBodyOf(batch));
      const kept = part?.recordCount ?? 0;
      if (kept < batch.recordCount) {
        const lost = { from: "spooled", reason: DropReason.QUOTA } as const;
        this.#shared.ledger.drop(this.kind, batch.recordCount - kept, lost);
      }
      const smaller = this.#refused.replace(batch, part === undefined ? [] : [part]);
      for (const replacement of smaller) this.#keep(Object.assign(replacement, { thinning: batch.thinning }));
    } catch (error) {
      this.#refused.setAside(batch, { class: SendClass.BAD_DATA, message: String(error) });
    } finally {
      this.#shrinking.delete(batch);
      this.#shared.onSettled();
      this.pump();
    }
  }

  /** Starts whatever may be started now. */
  pump(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    while (!this.#isClosed && !this.#isPaused && this.#fresh.length + this.#backlog.length > 0) {
      const wait = this.#pace.waitMillis(this.#inFlight.size * (this.kind === "traceInfos" ? traceInfoWeight : 1));
      if (wait === undefined) return;
      const due = this.#fresh.length > 0 ? wait : Math.max(wait, this.#backlog.restMillis);
      if (due > 0) {
        this.#timer = setTimeout(() => this.pump(), due).unref();
        return;
      }
      void this.#start();
    }
  }

  /** Somebody waits for the result. */
  hurry(): void {
    this.#backlog.hurry();
    this.#pace.hurry();
    this.#resume();
  }

  /** Copies to disk what is in memory only. */
  secure(): void {
    for (const batch of [...this.#inFlight.keys(), ...this.#fresh.values()])
      this.#keepOnDisk(batch, { isLastChance: true });
  }

  /** Ends what is under way, which is queued again. Nothing begins until more comes, or somebody waits for it. */
  abort(): void {
    this.#isPaused = true;
    for (const controller of this.#inFlight.values()) controller.abort();
  }

  /** Keeps on disk what is in memory, and ends everything. What cannot be kept stays queued. */
  stop(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.secure();
    this.abort();
  }

  #resume(): void {
    this.#isPaused = false;
    this.pump();
  }

  async #start(): Promise<void> {
    const fresh = this.#takeFresh();
    if (fresh !== undefined) {
      this.#shared.budget.give(fresh.body.length);
      await this.#attempt(fresh);
      return;
    }
    const spooled = this.#backlog.take();
    if (spooled !== undefined) await this.#attempt(spooled);
  }

  #takeFresh(): Batch | undefined {
    const isBacklogReady = this.#backlog.length > 0 && this.#backlog.restMillis === 0;
    const isBacklogsTurn = this.#freshInARow >= freshPerBacklog && isBacklogReady;
    this.#freshInARow = isBacklogsTurn ? 0 : this.#freshInARow + 1;
    return isBacklogsTurn ? undefined : this.#fresh.take();
  }

  async #attempt(batch: Batch): Promise<void> {
    const controller = new AbortController();
    const attempt: Attempt = { startedAtMillis: this.#pace.now(), signal: controller.signal };
    this.#inFlight.set(batch, controller);
    try {
      if (!(await this.#backlog.load(batch)) || this.#isClosed) return;
      const outcome = await this.#send(batch, attempt.signal);
      if (!this.#isClosed) await this.#judge(batch, outcome, attempt);
    } catch (error) {
      // Bytes that cannot be cut or inflated are no request: nobody will ever take them.
      if (!this.#isClosed) this.#refused.setAside(batch, { class: SendClass.BAD_DATA, message: String(error) });
    } finally {
      this.#inFlight.delete(batch);
      this.#shared.onSettled();
      this.pump();
    }
  }

  async #send(batch: Batch, signal: AbortSignal): Promise<SendOutcome> {
    await this.#prepare(batch);
    const { kind, body, isCompressed } = batch;
    // Our own requests must not become spans of an application that observes its HTTP client.
    return withoutTracing(() => this.#shared.sink.send({ kind, body, isCompressed, signal }));
  }

  async #prepare(batch: Batch): Promise<void> {
    const { durability, disk } = this.#shared;
    if (durability === Durability.JOURNAL_FSYNC && batch.frame !== undefined) {
      await disk?.spool.sync().catch(() => report("disk", "The disk could not confirm what was written to it."));
    }
    await this.#compression.apply(batch);
  }

  async #judge(batch: Batch, outcome: SendOutcome, attempt: Attempt): Promise<void> {
    switch (outcome.class) {
      case SendClass.TAKEN:
        this.#compression.wasTaken(batch);
        this.#pace.succeeded();
        this.#refused.settleTaken(batch, outcome);
        return;
      case SendClass.TOO_LARGE:
        this.#refused.split(batch, outcome);
        return;
      case SendClass.BAD_DATA:
        if (this.#compression.wasRefused(batch)) return this.#keep(batch);
        return this.#isolate(batch, outcome, attempt);
      case SendClass.UNSUPPORTED_FORM:
        if (this.#compression.wasRefused(batch)) return this.#keep(batch);
        return this.#hold(batch, { ...outcome, class: SendClass.CONFIGURATION }, attempt);
      case SendClass.SERVER_ERROR:
        batch.firstServerErrorAtMillis ??= attempt.startedAtMillis;
        if (
          ++batch.serverErrors < mostServerErrors ||
          this.#refused.lastTakenAtMillis <= batch.firstServerErrorAtMillis
        )
          return this.#hold(batch, outcome, attempt);
        // Others were taken meanwhile: it is something in this batch.
        batch.suspectedAtMillis = Number.NEGATIVE_INFINITY;
        return this.#isolate(batch, outcome, attempt);
      default:
        return this.#hold(batch, outcome, attempt);
    }
  }

  async #isolate(batch: Batch, outcome: SendOutcome, attempt: Attempt): Promise<void> {
    const parts = await this.#refused.search(batch, { outcome, signal: attempt.signal });
    // The batch was kept as it is by whoever closed.
    if (this.#isClosed) return;
    if (parts === undefined) this.#hold(batch, outcome, attempt);
    else this.#refused.settle(batch, parts);
  }

  #hold(batch: Batch, outcome: SendOutcome, { startedAtMillis }: Attempt): void {
    this.#pace.failed(outcome.class, { startedAtMillis, retryAfterMillis: outcome.retryAfterMillis });
    const { sink, disk } = this.#shared;
    const where = disk === undefined ? "in memory" : "in memory, or on disk where there is more";
    report(
      `unwell ${sink.name}`,
      `${outcome.message ?? `${sink.name} does not answer.`} Until it does, traces are kept ${where}.`,
    );
    this.#store(batch, true);
    if (disk !== undefined) for (const waiting of this.#fresh.takeAll()) this.#moveToDisk(waiting);
    // Behind the others: what a destination always refuses, be it for one prompt, must not keep them from being tried.
    this.#keep(batch);
  }

  /** To the disk, where it must be there or memory is tight. */
  #store(batch: Batch, isWanted: boolean): void {
    const isUnwell = this.#pace.health !== Health.WELL;
    if (isWanted || isUnwell || this.#shared.budget.isTight(batch.body.length)) this.#keepOnDisk(batch);
  }

  #moveToDisk(batch: Batch): void {
    this.#shared.budget.give(batch.body.length);
    this.#keepOnDisk(batch);
    this.#keep(batch);
  }

  #keepOnDisk(batch: Batch, options: { readonly isLastChance?: boolean } = {}): void {
    if (batch.frame !== undefined || batch.body.length === 0) return;
    const frame = this.#shared.disk?.append(toSpoolRecord(batch), options);
    if (frame === undefined) return;
    batch.frame = frame;
    this.#shared.ledger.move(batch.kind, batch.recordCount, { from: "queued", to: "spooled" });
  }

  /** Queues a batch: in memory while there is room and the destination is well, otherwise by its frame only. */
  #keep(batch: Batch): void {
    const { budget } = this.#shared;
    if (batch.frame !== undefined && (this.#pace.health !== Health.WELL || budget.isTight(batch.body.length))) {
      batch.body = new Uint8Array();
      this.#backlog.push(batch);
      return;
    }
    budget.take(batch.body.length);
    this.#fresh.push(batch);
  }
}
