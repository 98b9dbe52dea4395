import { logFeedbackBatch, type Connection, type LogFeedbackOptions } from "@tracelake/workspace-client";
import type { Lease } from "../leases/lease.ts";
import { isRefusedForNow, unwritten, type Written } from "./written.ts";

interface Waiting {
  readonly feedbacks: readonly LogFeedbackOptions[];
  readonly lease: Lease;
  readonly ended: (written: Written) => void;
}

// While one is written by the workspace, the next one is on its way.
const batchesAtOnce = 2;
const largestBatch = 500;
// A commit costs the workspace as much for one as for hundreds: what comes slowly goes together.
const worthwhileBatch = 64;
const pauseMillis = 100;

/** Writes together what comes while other batches are under way, where the workspace takes several things at once. */
export class FeedbackBatches {
  readonly #connection: Connection;
  readonly #timeoutMillis: number;
  readonly #writeSingly: (feedbacks: readonly LogFeedbackOptions[], lease: Lease) => Promise<Written>;
  #waiting: Waiting[] = [];
  #underWay = 0;
  #isOffered = true;
  #sentMillis = -Infinity;
  #timer: NodeJS.Timeout | undefined;

  /** @param options.writeSingly writes what cannot be written so, or was refused together with others. */
  constructor(
    connection: Connection,
    options: {
      readonly timeoutMillis: number;
      readonly writeSingly: (feedbacks: readonly LogFeedbackOptions[], lease: Lease) => Promise<Written>;
    },
  ) {
    this.#connection = connection;
    this.#timeoutMillis = options.timeoutMillis;
    this.#writeSingly = options.writeSingly;
  }

  /** Writes all of them or none; never throws. */
  write(feedbacks: readonly LogFeedbackOptions[], lease: Lease): Promise<Written> {
    if (!this.#isOffered) return this.#writeSingly(feedbacks, lease);
    return new Promise((ended) => {
      this.#waiting.push({ feedbacks, lease, ended });
      // What is scored in one go goes together.
      if (this.#waiting.length === 1) setImmediate(() => this.#sendNext());
      else if (this.#waiting.length === worthwhileBatch && this.#timer !== undefined) this.#sendNext();
    });
  }

  #sendNext(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    while (this.#underWay < batchesAtOnce && this.#waiting.length > 0) {
      const dueMillis = this.#sentMillis + pauseMillis - performance.now();
      if (this.#waiting.length < worthwhileBatch && dueMillis > 0) {
        this.#timer = setTimeout(() => this.#sendNext(), dueMillis);
        return;
      }
      this.#sentMillis = performance.now();
      this.#underWay += 1;
      void this.#send(this.#take()).finally(() => {
        this.#underWay -= 1;
        this.#sendNext();
      });
    }
  }

  #take(): Waiting[] {
    let count = 0;
    const end = this.#waiting.findIndex(({ feedbacks }, index) => {
      count += feedbacks.length;
      return index > 0 && count > largestBatch;
    });
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end);
  }

  async #send(batch: readonly Waiting[]): Promise<void> {
    const lasting = batch.filter(({ lease, ended }) => {
      const lasts = lease.lastsFor(this.#timeoutMillis);
      if (!lasts) ended({ type: "unsent" });
      return lasts;
    });
    if (lasting.length === 0) return;
    const written = await this.#log(lasting.flatMap(({ feedbacks }) => feedbacks));
    // It is seen at once what a local workspace has taken, and no other takes batches.
    if (written?.type === "uncertain") for (const { lease } of lasting) lease.noteSent();
    if (written !== undefined) for (const { ended } of lasting) ended(written);
    else
      await Promise.all(
        lasting.map(async ({ feedbacks, lease, ended }) => ended(await this.#writeSingly(feedbacks, lease))),
      );
  }

  /** `undefined` where the workspace has taken none of them, which it may each by itself. */
  async #log(feedbacks: readonly LogFeedbackOptions[]): Promise<Written | undefined> {
    try {
      this.#isOffered = await logFeedbackBatch(this.#connection, feedbacks, { timeoutMillis: this.#timeoutMillis });
      return this.#isOffered ? { type: "written" } : undefined;
    } catch (error) {
      const failed = unwritten(error);
      return failed.type === "rejected" || isRefusedForNow(error) ? undefined : failed;
    }
  }
}
