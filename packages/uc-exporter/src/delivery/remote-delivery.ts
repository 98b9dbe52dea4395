import { DropReason, RecordKind, type Ledger } from "../pipeline/ledger.ts";
import { report } from "../report.ts";
import type { RemoteSink } from "../sinks/sink.ts";
import { hashText } from "../spool/digits.ts";
import { Spool, type Adoption } from "../spool/spool.ts";
import { kindOf, type Batch } from "./batch.ts";
import { Channel, type ChannelContext } from "./channel.ts";
import { FlushGoal, type Delivery } from "./delivery.ts";
import type { DeliveryOptions } from "./delivery-options.ts";
import { Disk } from "./disk.ts";
import { Durability } from "./durability.ts";
import { MemoryBudget } from "./memory-budget.ts";
import { Health } from "./pace.ts";
import { Room } from "./room.ts";

const softBytes = 16 * 1024 * 1024;
const hardBytes = 64 * 1024 * 1024;
const largestBatchBytes = 1024 * 1024;
const networkDelayMillis = 250;
const journalDelayMillis = 50;
const heartbeatMillis = 10_000;
const adoptEveryMillis = 60_000;

/** Names a destination without telling anything about it, from the first time that the disk is used. */
const nameOf = (identity: string): { readonly destinationHash: string } => {
  let hash: string | undefined;
  return {
    get destinationHash() {
      return (hash ??= hashText(identity).slice(0, 32));
    },
  };
};

/** To a destination over the network, by way of the disk where that is asked for or needed. */
export class RemoteDelivery implements Delivery {
  readonly #isJournaled: boolean;
  readonly #ledger: Ledger;
  readonly #disk: Disk | undefined;
  readonly #channels: Readonly<Record<RecordKind, Channel>>;
  readonly #room: Room | undefined;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #waiters = new Set<() => void>();
  #isClosed = false;
  #hasAdopted = false;
  #isAdopting = false;
  #adopted = 0;

  constructor(sink: RemoteSink, ledger: Ledger, options: DeliveryOptions) {
    const { durability, spoolDirectory, cipher, isCompressing } = options;
    this.#isJournaled = durability === Durability.JOURNAL || durability === Durability.JOURNAL_FSYNC;
    this.#ledger = ledger;
    this.#disk =
      durability === Durability.MEMORY
        ? undefined
        : new Disk(
            new Spool(nameOf(sink.identity), {
              root: spoolDirectory,
              cipher,
              isSynced: durability === Durability.JOURNAL_FSYNC,
              ...(options.largestSpoolBytes === undefined ? {} : { largestBytes: options.largestSpoolBytes }),
            }),
            () => this.#room?.giveUp() ?? false,
          );
    const shared: ChannelContext = {
      sink,
      ledger,
      budget: new MemoryBudget(softBytes, hardBytes),
      disk: this.#disk,
      durability,
      isCompressing: isCompressing ?? !sink.isLoopback,
      onSettled: () => this.#wake(),
    };
    this.#channels = {
      spans: new Channel(RecordKind.SPANS, shared),
      traceInfos: new Channel(RecordKind.TRACE_INFOS, shared),
      logs: new Channel(RecordKind.LOGS, shared),
      metrics: new Channel(RecordKind.METRICS, shared),
    };
    if (this.#disk === undefined) return;
    this.#room = new Room(this.#all(), ledger, this.#disk);
    this.#watchDisk();
  }

  /** What is on its way to the disk is safe sooner than what is on its way to a destination. */
  get batchDelayMillis(): number {
    return this.#isJournaled || this.health !== Health.WELL ? journalDelayMillis : networkDelayMillis;
  }

  get isIdle(): boolean {
    return !this.#isAdopting && this.#all().every((channel) => channel.isIdle);
  }

  /** How many of the accepted records were left by processes that are gone. */
  get adopted(): number {
    return this.#adopted;
  }

  get health(): Health {
    const healths = this.#all().map(({ health }) => health);
    return [Health.OPEN, Health.FAILING].find((health) => healths.includes(health)) ?? Health.WELL;
  }

  largestBodyBytes(kind: RecordKind): number {
    return Math.min(this.#channels[kind].capBytes, largestBatchBytes);
  }

  accept(batch: Batch): void {
    this.#channels[batch.kind].accept(batch);
    this.#room?.prepare();
  }

  async flush(timeoutMillis: number, goal: FlushGoal): Promise<void> {
    if (goal === FlushGoal.DURABLE && (await this.#isAllOnDisk())) return;
    if (!this.#hasAdopted) void this.#adopt();
    for (const channel of this.#all()) channel.hurry();
    if (this.isIdle) return;
    await new Promise<void>((resolve) => {
      const finish = (): void => {
        this.#waiters.delete(check);
        clearTimeout(timer);
        resolve();
      };
      const check = (): void => {
        if (this.isIdle || this.#isClosed) finish();
      };
      const timer = setTimeout(finish, timeoutMillis).unref();
      this.#waiters.add(check);
    });
  }

  async #isAllOnDisk(): Promise<boolean> {
    if (this.#disk === undefined) return false;
    this.secureNow();
    const isConfirmed = await this.#disk.spool.sync().then(
      () => true,
      () => false,
    );
    return isConfirmed && Object.values(RecordKind).every((kind) => this.#ledger.counts(kind).queued === 0);
  }

  secureNow(): void {
    for (const channel of this.#all()) channel.secure();
  }

  abort(): void {
    for (const channel of this.#all()) channel.abort();
  }

  closeNow(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const timer of this.#timers) clearInterval(timer);
    for (const channel of this.#all()) channel.stop();
    for (const kind of Object.values(RecordKind)) {
      const { queued } = this.#ledger.counts(kind);
      this.#ledger.drop(kind, queued, { from: "queued", reason: DropReason.EXIT });
    }
    this.#disk?.spool.close();
    this.#wake();
  }

  #all(): Channel[] {
    return Object.values(this.#channels);
  }

  #wake(): void {
    for (const check of this.#waiters) check();
  }

  #watchDisk(): void {
    // Processes that start together look for what others left at different times; it does not matter who finds it.
    this.#timers.push(setTimeout(() => void this.#adopt(), 500 + Math.random() * 2_500).unref());
    this.#timers.push(setInterval(() => void this.#adopt(), adoptEveryMillis * (0.8 + Math.random() * 0.4)).unref());
    this.#timers.push(setInterval(() => this.#disk?.spool.beat(), heartbeatMillis).unref());
  }

  /** Never rejects. */
  async #adopt(): Promise<void> {
    if (this.#isClosed || this.#isAdopting || this.#disk === undefined) return;
    this.#hasAdopted = true;
    this.#isAdopting = true;
    const adoption = await this.#disk.spool.adopt();
    this.#isAdopting = false;
    // What was found stays on disk, and is the next process's.
    if (!this.#isClosed) this.#acceptAdopted(adoption);
    this.#wake();
  }

  #acceptAdopted({ frames, damagedFrames, expired, lockedFiles }: Adoption): void {
    for (const frame of frames) {
      const kind = kindOf(frame);
      this.#adopted += frame.recordCount;
      this.#ledger.accept(kind, frame.recordCount, "spooled");
      this.#channels[kind].acceptSpooled(frame);
    }
    for (const { type, recordCount } of expired) this.#ledger.refuse(kindOf({ type }), recordCount, DropReason.EXPIRED);
    // How many records a frame held that cannot be read is not known: it counts as one.
    if (damagedFrames > 0) {
      this.#ledger.refuse(RecordKind.SPANS, damagedFrames, DropReason.SPOOL_DAMAGED);
      report(
        "damaged",
        `${damagedFrames} batches of traces on disk are damaged; a copy of their files is in the spool's quarantine directory.`,
      );
    }
    if (lockedFiles > 0)
      report(
        "locked",
        `${lockedFiles} files of traces on disk were encrypted with another key than this process has. They are left to one that has it as TRACELAKE_SPOOL_KEY, for seven days.`,
      );
    for (const channel of this.#all()) channel.pump();
  }
}
