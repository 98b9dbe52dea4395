import { TracelakeError } from "@tracelake/wire";
import { JournalDelivery } from "../delivery/journal-delivery.ts";
import type { Delivery, FlushGoal } from "../delivery/delivery.ts";
import type { DeliveryOptions } from "../delivery/delivery-options.ts";
import { Durability } from "../delivery/durability.ts";
import { SendClass } from "../delivery/classify.ts";
import { Pace, type Health } from "../delivery/pace.ts";
import { RemoteDelivery } from "../delivery/remote-delivery.ts";
import { report } from "../report.ts";
import type { Sink } from "../sinks/sink.ts";
import { Intake } from "./intake.ts";
import type { Ledger } from "./ledger.ts";
import type { PipelineRecord } from "./records.ts";

/** A sink, or how to find it out where a destination must first be asked. */
export type SinkSource = Sink | (() => Promise<Sink>);

const messageOf = (error: unknown): string =>
  TracelakeError.isInstance(error)
    ? error.message
    : `An unexpected failure: ${error instanceof Error ? error.message : String(error)}. Report it.`;

/** Everything between an accepted record and one destination. It never throws, and never waits in the caller's stack. */
export class Lane {
  readonly ledger: Ledger;
  readonly #options: DeliveryOptions;
  readonly #intake: Intake;
  #sink: Sink | undefined;
  #delivery: Delivery | undefined;
  #isClosed = false;
  #opened: Promise<void>;
  #tryNow: () => void = () => {};

  constructor(source: SinkSource, ledger: Ledger, options: DeliveryOptions) {
    this.ledger = ledger;
    this.#options = options;
    this.#intake = new Intake(ledger);
    if (typeof source === "function") this.#opened = this.#find(source);
    else {
      this.#open(source);
      this.#opened = Promise.resolve();
    }
  }

  /** `undefined` while the destination is being asked for. */
  get sink(): Sink | undefined {
    return this.#sink;
  }

  get health(): Health | undefined {
    return this.#delivery instanceof RemoteDelivery ? this.#delivery.health : undefined;
  }

  get adopted(): number {
    return this.#delivery instanceof RemoteDelivery ? this.#delivery.adopted : 0;
  }

  /** Whether nothing is queued or under way. */
  get isIdle(): boolean {
    return this.#intake.isEmpty && (this.#delivery?.isIdle ?? true);
  }

  accept(record: PipelineRecord): void {
    this.#intake.accept(record);
  }

  /**
   * Delivers what is queued now. Resolves when everything is where `goal` says, or when `timeoutMillis` is over. Until then it
   * keeps the process alive, as whoever awaits a flush wants it to, unless it `isBackground`.
   */
  async flush(timeoutMillis: number, goal: FlushGoal, { isBackground = false } = {}): Promise<void> {
    if (this.#isClosed) return;
    const end = performance.now() + timeoutMillis;
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMillis);
      if (isBackground) timer.unref();
    });
    const work = async (): Promise<void> => {
      this.#tryNow();
      await this.#opened;
      await this.#intake.drain();
      await this.#delivery?.flush(Math.max(end - performance.now(), 0), goal);
    };
    await Promise.race([work(), deadline]);
    clearTimeout(timer);
  }

  /** Copies to disk what is in memory, where the lane may, and goes on. */
  secureNow(): void {
    // While the destination is being asked for there is nowhere to copy to, and whoever handles the signal may still wait.
    if (this.#isClosed || this.#delivery === undefined) return;
    this.#intake.drainNow();
    this.#delivery.secureNow();
  }

  /** Gives up the requests under way, so that the process can end; their records stay. */
  abort(): void {
    this.#delivery?.abort();
  }

  /** Keeps what is left, without waiting; nothing is accepted afterwards. */
  closeNow(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#intake.drainNow();
    this.#delivery?.closeNow();
  }

  #open(sink: Sink): void {
    this.#sink = sink;
    const { durability } = this.#options;
    const delivery =
      sink.type === "local"
        ? new JournalDelivery(sink, this.ledger, { isSynced: durability === Durability.JOURNAL_FSYNC })
        : new RemoteDelivery(sink, this.ledger, this.#options);
    this.#delivery = delivery;
    this.#intake.open({ sink, delivery });
  }

  /** Asks until there is an answer: what is refused today may be granted while the process runs. */
  async #find(source: () => Promise<Sink>): Promise<void> {
    const pace = new Pace();
    while (!this.#isClosed) {
      const startedAtMillis = pace.now();
      try {
        const sink = await source();
        // A lane that was closed meanwhile has nothing left to send.
        if (!this.#isClosed) this.#open(sink);
        return;
      } catch (error) {
        report("destination", `${messageOf(error)} Until the destination is known, traces are kept in memory.`);
        pace.failed(SendClass.TRANSIENT, { startedAtMillis });
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pace.waitMillis(0) ?? 0).unref();
        this.#tryNow = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}
