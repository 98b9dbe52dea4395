import * as timers from "node:timers";
import { safely } from "./runtime.ts";

/** Why something observed is ended before it ended by itself. */
export type GiveUpReason = "idle" | "exit";

/** Something observed that has begun and not ended. */
export interface UnfinishedWork {
  /**
   * Whether somebody is at work on it: what is busy is never idle, however long it takes. Begins as `true`; being idle
   * begins anew whenever it is set.
   */
  isBusy: boolean;
  /** To be called when it has ended. */
  done(): void;
}

type Finish = (reason: GiveUpReason) => void;

class Watched implements UnfinishedWork {
  readonly idleTimeoutMillis: number;
  readonly #finish: Finish;
  #idleSinceMillis: number | undefined;
  #isBusy = true;

  constructor(finish: Finish, idleTimeoutMillis: number) {
    this.#finish = finish;
    this.idleTimeoutMillis = idleTimeoutMillis;
  }

  get isBusy(): boolean {
    return this.#isBusy;
  }

  set isBusy(isBusy: boolean) {
    this.#isBusy = isBusy;
    this.#idleSinceMillis = undefined;
  }

  done(): void {
    unfinished.delete(this);
  }

  giveUp(reason: GiveUpReason): void {
    unfinished.delete(this);
    safely(() => this.#finish(reason), undefined);
  }

  check(nowMillis: number): void {
    if (this.#isBusy) return;
    this.#idleSinceMillis ??= nowMillis;
    if (nowMillis - this.#idleSinceMillis >= this.idleTimeoutMillis) this.giveUp("idle");
  }
}

const unfinished = new Set<Watched>();

// The real ones, wherever a test suite puts its own clock later: to such a clock an interval is work without end. Those of
// the global object may be a browser's, as in jsdom, which have no `unref`.
const { clearInterval: stopInterval, setInterval: startInterval } = timers;
const longestPeriodMillis = 15_000;
let sweep: { readonly periodMillis: number; readonly timer: NodeJS.Timeout } | undefined;

const stopSweeping = (): void => {
  if (sweep !== undefined) stopInterval(sweep.timer);
  sweep = undefined;
};

const lookAtAll = (): void => {
  const nowMillis = performance.now();
  for (const work of unfinished) work.check(nowMillis);
  if (unfinished.size === 0) stopSweeping();
};

const sweepEvery = (periodMillis: number): void => {
  if (sweep !== undefined && sweep.periodMillis <= periodMillis) return;
  stopSweeping();
  const timer = startInterval(lookAtAll, periodMillis);
  timer.unref();
  sweep = { periodMillis, timer };
};

let isExitWatched = false;

const watchExit = (): void => {
  if (isExitWatched) return;
  isExitWatched = true;
  const endAll = (): void => {
    for (const work of unfinished) work.giveUp("exit");
  };
  // In front of the listeners of exporters, which are to see the spans that end here.
  process.prependListener("beforeExit", endAll);
  process.prependListener("exit", endAll);
};

/**
 * Has `finish` called, once, when the process ends before the work does, and when nobody was busy with it for
 * `idleTimeoutMillis` (or up to half as long again). Nothing that `finish` can reach may reach an object whose garbage
 * collection is waited for, as the work is held until it is done. Never throws.
 */
export const watchUnfinished = (finish: Finish, idleTimeoutMillis: number): UnfinishedWork => {
  const work = new Watched(finish, idleTimeoutMillis);
  unfinished.add(work);
  safely(() => sweepEvery(Math.min(longestPeriodMillis, Math.ceil(idleTimeoutMillis / 2))), undefined);
  safely(watchExit, undefined);
  return work;
};
