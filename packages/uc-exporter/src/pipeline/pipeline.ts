import type { UnityCatalogLocation } from "@tracelake/wire";
import { Lane } from "./lane.ts";
import type { PipelineRecord } from "./records.ts";
import { report } from "../report.ts";
import type { Sink } from "../sinks/sink.ts";

/** What became of the spans accepted so far, in all destinations together. */
export interface FlushResult {
  /** Spans that a destination has said it has. */
  readonly exported: number;
  /** Spans on this machine's disk, in the journal of a local workspace. */
  readonly durable: number;
  /** Spans that were lost or refused; the first loss is told on stderr. */
  readonly dropped: number;
}

/** {@link FlushResult}, and what is still on its way: `accepted = exported + durable + queued + dropped`. */
export interface PipelineStats extends FlushResult {
  readonly accepted: number;
  readonly queued: number;
}

const flushTimeoutMillis = 10_000;
const shutdownTimeoutMillis = 5_000;
const exitTimeoutMillis = 2_000;

/**
 * Everything between a span that has ended and its destinations. Changing how records are kept, paced and sent is a
 * change of this folder only.
 */
export class Pipeline {
  #lanes: readonly Lane[] = [];
  #retired: readonly Lane[] = [];
  #isClosed = false;
  #refusedAfterClose = 0;

  /** Sends to `sinks` from now on. What was accepted before still goes where it was bound. */
  setSinks(sinks: readonly (Sink | Promise<Sink>)[]): void {
    const former = this.#lanes;
    this.#lanes = sinks.map((sink) => new Lane(sink));
    this.#retired = [...this.#retired, ...former];
    for (const lane of former) void lane.close(flushTimeoutMillis);
  }

  /** The location of the first destination that has one; ids of traces are made with it. */
  get location(): UnityCatalogLocation | undefined {
    return this.#lanes.map((lane) => lane.sink?.location).find((location) => location !== undefined);
  }

  /** The destinations that are ready. */
  get sinks(): readonly (Sink | undefined)[] {
    return this.#lanes.map((lane) => lane.sink);
  }

  accept(record: PipelineRecord): void {
    if (this.#isClosed) {
      if (record.kind === "span") this.#refusedAfterClose++;
      report("closed", "A span ended after shutdown() and was dropped. Call shutdown() when the work is over.");
      return;
    }
    for (const lane of this.#lanes) lane.accept(record);
  }

  async flush(timeoutMillis = flushTimeoutMillis): Promise<FlushResult> {
    await Promise.all([...this.#retired, ...this.#lanes].map((lane) => lane.flush(timeoutMillis)));
    return this.#result();
  }

  async shutdown(timeoutMillis = shutdownTimeoutMillis): Promise<FlushResult> {
    this.#isClosed = true;
    await Promise.all([...this.#retired, ...this.#lanes].map((lane) => lane.close(timeoutMillis)));
    return this.#result();
  }

  stats(): PipelineStats {
    const stats = {
      accepted: this.#refusedAfterClose,
      exported: 0,
      durable: 0,
      queued: 0,
      dropped: this.#refusedAfterClose,
    };
    for (const { counts } of [...this.#retired, ...this.#lanes]) {
      for (const key of Object.keys(stats) as (keyof typeof stats)[]) stats[key] += counts[key];
    }
    return stats;
  }

  /** Delivers what is left when the process ends, by itself or by `process.exit()`. */
  watchExit(): void {
    const lanes = (): readonly Lane[] => [...this.#retired, ...this.#lanes];
    const onBeforeExit = (): void => {
      if (lanes().some((lane) => !lane.isIdle)) void this.flush(exitTimeoutMillis);
    };
    process.on("beforeExit", onBeforeExit);
    process.once("exit", () => {
      for (const lane of lanes()) lane.flushNow();
      const { queued } = this.stats();
      if (queued > 0)
        report(
          "exit",
          `${queued} spans were still on their way when the process ended and are lost. Await flush() before process.exit().`,
        );
    });
  }

  #result(): FlushResult {
    const { exported, durable, dropped } = this.stats();
    return { exported, durable, dropped };
  }
}
