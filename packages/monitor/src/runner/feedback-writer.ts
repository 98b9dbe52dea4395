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
  readonly #timeoutMillis: number;
  readonly #pace: WritePace;
  readonly #batches: FeedbackBatches | undefined;

  constructor(connection: Connection, { timeoutMillis }: { readonly timeoutMillis: number }) {
    this.#connection = connection;
    this.#timeoutMillis = timeoutMillis;
    this.#pace = new WritePace({ timeoutMillis });
    if (connection.service === "local") {
      this.#batches = new FeedbackBatches(connection, {
        timeoutMillis,
        writeSingly: (feedbacks, lease) => this.#logEach(feedbacks, lease),
      });
    }
  }

  /** Writes the feedbacks that are not there yet; never throws. */
  async write(scoring: ScoringToWrite): Promise<Written> {
    const { feedbacks, recorded, lease } = scoring;
    const missing: LogFeedbackOptions[] = [];
    for (const [index, feedback] of feedbacks.entries()) {
      const existing = recorded.parts.get(index + 1);
      if (existing === undefined) {
        missing.push(optionsOf(scoring, feedback, `${index + 1}/${feedbacks.length}`));
        continue;
      }
      const written = await this.#replace(scoring, feedback, existing);
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
        await request().finally(() => lease.noteSent());
        return { type: "written" };
      });
    } catch (error) {
      return unwritten(error);
    }
  }

  // Only a session is scored again, when it has gone on: changing what is there can be repeated and never makes two.
  async #replace(scoring: ScoringToWrite, feedback: Feedback, existing: TraceAssessment): Promise<Written> {
    const { value, rationale, metadata } = feedback;
    const lastTrace = scoring.metadata[MonitorMetadataKey.LAST_TRACE];
    if (lastTrace === undefined || value === undefined) return { type: "written" };
    const options = {
      traceId: scoring.traceId,
      assessmentId: existing.assessmentId,
      value,
      ...(rationale === undefined ? {} : { rationale }),
      metadata: { ...metadata, ...scoring.metadata },
      maxAttempts: 1,
      // Each of two requests, which together may take as long as a lease is asked for.
      timeoutMillis: this.#timeoutMillis / 2,
    };
    return this.#send(scoring.lease, () => updateAssessment(this.#connection, options));
  }
}
