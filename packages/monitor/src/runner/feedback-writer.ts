import {
  logFeedback,
  updateAssessment,
  type Connection,
  type LogFeedbackOptions,
  type TraceAssessment,
} from "@tracelake/workspace-client";
import { parseTraceId } from "@tracelake/wire";
import type { Feedback } from "../feedback.ts";
import type { Lease } from "../leases/lease.ts";
import { FeedbackBatches } from "./feedback-batches.ts";
import { MonitorMetadataKey, type RecordedScoring } from "./recorded-scorings.ts";
import { WritePace } from "./write-pace.ts";
import { repeatRefused, unwritten, type Written } from "./written.ts";

/** What a scoring says, and where it goes. */
export interface ScoringToWrite {
  readonly traceId: string;
  readonly scorerName: string;
  /** Each with its source. */
  readonly feedbacks: readonly Feedback[];
  readonly recorded: RecordedScoring;
  /** Beside what the scorer says itself. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly lease: Lease;
}

const optionsOf = (scoring: ScoringToWrite, feedback: Feedback, part: string): LogFeedbackOptions => ({
  traceId: scoring.traceId,
  name: feedback.name ?? scoring.scorerName,
  ...(feedback.value === undefined ? {} : { value: feedback.value }),
  ...(feedback.error === undefined ? {} : { error: feedback.error }),
  ...(feedback.rationale === undefined ? {} : { rationale: feedback.rationale }),
  ...(feedback.source === undefined ? {} : { source: feedback.source }),
  ...(feedback.spanId === undefined ? {} : { spanId: feedback.spanId }),
  metadata: {
    ...feedback.metadata,
    ...scoring.metadata,
    [MonitorMetadataKey.SCORER]: scoring.scorerName,
    [MonitorMetadataKey.PART]: part,
  },
});

/** Writes what scorers say, each thing once. */
export class FeedbackWriter {
  readonly #connection: Connection;
  /** What such a workspace has answered to is done and seen by everybody: only without an answer may it be so later. */
  readonly #isReadAtOnce: boolean;
  readonly #timeoutMillis: number;
  readonly #pace: WritePace;
  readonly #batches: FeedbackBatches | undefined;

  constructor(connection: Connection, { timeoutMillis }: { readonly timeoutMillis: number }) {
    this.#connection = connection;
    this.#isReadAtOnce = connection.service === "local";
    this.#timeoutMillis = timeoutMillis;
    this.#pace = new WritePace({ timeoutMillis });
    if (this.#isReadAtOnce) {
      this.#batches = new FeedbackBatches(connection, {
        timeoutMillis,
        writeSingly: (feedbacks, lease) => this.#logEach(feedbacks, lease),
      });
    }
  }

  /** Writes the feedbacks that are not there yet; never throws. */
  async write(scoring: ScoringToWrite): Promise<Written> {
    try {
      return await this.#write(scoring);
    } catch (error) {
      return unwritten(error);
    }
  }

  async #write(scoring: ScoringToWrite): Promise<Written> {
    const { feedbacks, recorded, lease } = scoring;
    const missing: LogFeedbackOptions[] = [];
    for (const [index, feedback] of feedbacks.entries()) {
      const options = optionsOf(scoring, feedback, `${index + 1}/${feedbacks.length}`);
      const existing = recorded.parts.get(index + 1);
      if (existing === undefined) {
        missing.push(options);
        continue;
      }
      const written = await this.#replace(options, existing, lease);
      if (written.type !== "written") return written;
    }
    if (missing.length === 0) return { type: "written" };
    // Waited for out here, so that it is not taken for the workspace's time.
    if (!(await lease.isRenewedFor(this.#timeoutMillis))) return { type: "unsent" };
    // An experiment's own traces are in no location.
    const takesBatch = this.#batches !== undefined && parseTraceId(scoring.traceId).location !== undefined;
    return takesBatch ? this.#batches.write(missing, lease) : this.#logEach(missing, lease);
  }

  /** One after the other. */
  async #logEach(feedbacks: readonly LogFeedbackOptions[], lease: Lease): Promise<Written> {
    for (const [index, feedback] of feedbacks.entries()) {
      const written = await this.#log(feedback, lease);
      // An earlier one may not be seen at once.
      if (written.type === "unsent" && index > 0) return { type: "uncertain" };
      if (written.type !== "written") return written;
    }
    return { type: "written" };
  }

  #log(feedback: LogFeedbackOptions, lease: Lease): Promise<Written> {
    const options = { ...feedback, maxAttempts: 1, timeoutMillis: this.#timeoutMillis };
    return this.#send(lease, () => logFeedback(this.#connection, options));
  }

  /** Waits for its turn, and then for a lease that lasts as long as the request may take. */
  #send(lease: Lease, request: () => Promise<unknown>): Promise<Written> {
    return this.#pace.run(() => this.#attempt(lease, request));
  }

  async #attempt(lease: Lease, request: () => Promise<unknown>): Promise<Written> {
    try {
      return await repeatRefused(async () => {
        // A request that is under way when the lease ends could be done after another worker has looked.
        if (!(await lease.isRenewedFor(this.#timeoutMillis))) return { type: "unsent" };
        await this.#noting(lease, request);
        return { type: "written" };
      });
    } catch (error) {
      return unwritten(error);
    }
  }

  async #noting(lease: Lease, request: () => Promise<unknown>): Promise<void> {
    try {
      await request();
    } catch (error) {
      if (unwritten(error).type === "uncertain") lease.noteSent();
      throw error;
    } finally {
      if (!this.#isReadAtOnce) lease.noteSent();
    }
  }

  // Only a session is scored again, when it has gone on: changing what is there can be repeated and never makes two.
  async #replace(feedback: LogFeedbackOptions, existing: TraceAssessment, lease: Lease): Promise<Written> {
    const { traceId, value, error, metadata } = feedback;
    if (metadata?.[MonitorMetadataKey.LAST_TRACE] === undefined) return { type: "written" };
    // What is left out stays as it was: a reason would stand beside another verdict than its own.
    const rationale = feedback.rationale ?? (existing.rationale === undefined ? undefined : "");
    const options = {
      traceId,
      assessmentId: existing.assessmentId,
      ...(value === undefined ? {} : { value }),
      ...(error === undefined ? {} : { error }),
      ...(rationale === undefined ? {} : { rationale }),
      metadata,
      maxAttempts: 1,
      // Each of two requests, which together may take as long as a lease is asked for.
      timeoutMillis: this.#timeoutMillis / 2,
    };
    return this.#send(lease, () => updateAssessment(this.#connection, options));
  }
}
