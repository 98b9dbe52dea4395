import { millisUntil, type Moment } from "./moment.ts";

/**
 * The right to write the scores of one shard, until it ends. Ended and taken again, a shard has another lease: what was
 * read under the old one is not written under the new one, since somebody else may have written meanwhile.
 */
export class Lease {
  readonly shard: number;
  readonly fence: number;
  /** How far the shard had been looked at when it was taken; Unix milliseconds. */
  readonly watermarkMillis: number | undefined;
  /** `undefined` once it was ended. */
  #end: Moment | undefined;
  #sentMillis = -Infinity;
  #uses = 0;
  #isLeaving = false;
  readonly #onChange = new Set<() => void>();

  constructor(
    held: { readonly shard: number; readonly fence: number; readonly watermarkMillis: number | undefined },
    end: Moment,
  ) {
    this.shard = held.shard;
    this.fence = held.fence;
    this.watermarkMillis = held.watermarkMillis;
    this.#end = end;
  }

  /** Whether it lasts for so long from now, by every clock. */
  lastsFor(millis: number): boolean {
    return millis < this.#leftMillis;
  }

  /** Waits for its renewal where it does not last for so long from now. @returns `false` where it ended before that. */
  async isRenewedFor(millis: number): Promise<boolean> {
    while (!this.lastsFor(millis)) {
      if (!this.lastsFor(0)) return false;
      await this.#change();
    }
    return true;
  }

  get #leftMillis(): number {
    return this.#end === undefined ? -Infinity : millisUntil(this.#end);
  }

  // At its end at the latest.
  #change(): Promise<void> {
    return new Promise((resolve) => {
      const changed = (): void => {
        clearTimeout(timer);
        this.#onChange.delete(changed);
        resolve();
      };
      const timer = setTimeout(changed, this.#leftMillis);
      this.#onChange.add(changed);
    });
  }

  extendTo(end: Moment): void {
    if (this.#end !== undefined && end.monotonicMillis > this.#end.monotonicMillis) this.#end = end;
    for (const changed of this.#onChange) changed();
  }

  /** Ends it at once. */
  end(): void {
    this.#end = undefined;
    for (const changed of this.#onChange) changed();
  }

  /**
   * Whether nothing new is begun under it, as the shard is to be given to another worker. There is no way back: traces of
   * the shard were passed over since.
   */
  get isLeaving(): boolean {
    return this.#isLeaving;
  }

  leave(): void {
    this.#isLeaving = true;
  }

  /** Takes note that something was sent under it now, which the workspace may do, or show, later. */
  noteSent(): void {
    this.#sentMillis = performance.now();
  }

  /** Whether nothing is under way under it, and nothing was sent for so long. */
  isAtRestFor(millis: number): boolean {
    return this.restLeftMillis(millis) === 0;
  }

  /** How long it is until nothing was sent under it for so long; `Infinity` while something is under way. */
  restLeftMillis(millis: number): number {
    return this.#uses > 0 ? Infinity : Math.max(0, this.#sentMillis + millis - performance.now());
  }

  /** Says that something has begun. @returns what says that it has ended. */
  use(): () => void {
    this.#uses += 1;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#uses -= 1;
    };
  }
}
