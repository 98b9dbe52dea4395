import {
  deleteAssessment,
  logFeedback,
  updateAssessment,
  type AssessmentReference,
  type Connection,
  type LogFeedbackOptions,
  type TraceAssessment,
} from "@tracelake/workspace-client";
import { ErrorCode, parseTraceId, TracelakeError } from "@tracelake/wire";
import type { Feedback } from "../feedback.ts";
import type { Lease } from "../leases/lease.ts";
import { FeedbackBatches } from "./feedback-batches.ts";
import { matchParts } from "./match-parts.ts";
import { MonitorMetadataKey, type RecordedScoring } from "./recorded-scorings.ts";
import { WritePace } from "./write-pace.ts";
import { repeatRefused, unwritten, type Written } from "./written.ts";

/** What a scoring says, and where it goes. */
export interface ScoringToWrite {
  readonly traceId: string;
  readonly scorerName: string;
  /** Each with its source; none where nothing can be said of what was judged before. */
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

/** One step after the other, until one is not done. */
const inTurn = async (steps: readonly (() => Promise<Written>)[]): Promise<Written> => {
  for (const [index, step] of steps.entries()) {
    const written = await step();
    // An earlier one may not be seen at once.
    if (written.type === "unsent" && index > 0) return { type: "uncertain" };
    if (written.type !== "written") return written;
  }
  return { type: "written" };
};

const isGone = (error: unknown): boolean =>
  TracelakeError.isInstance(error) && error.code === ErrorCode.WORKSPACE_NOT_FOUND;

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

  /**
   * Writes the feedbacks, each in the place of what is recorded of it, and removes what is recorded beside them: whatever
   * ends this in between, none is there twice, and it can be done again. Never throws.
   */
  async write(scoring: ScoringToWrite): Promise<Written> {
    try {
      return await this.#write(scoring);
    } catch (error) {
      return unwritten(error);
    }
  }

  async #write(scoring: ScoringToWrite): Promise<Written> {
    const { feedbacks, recorded, traceId, lease } = scoring;
    const said = feedbacks.map((feedback, index) => optionsOf(scoring, feedback, `${index + 1}/${feedbacks.length}`));
    const { changed, stale, missing } = matchParts(said, recorded.parts);
    const steps: (() => Promise<Written>)[] = [];
    for (const { feedback, existing } of changed) steps.push(() => this.#replace(feedback, existing, lease));
    for (const { assessmentId } of stale) steps.push(() => this.#remove({ traceId, assessmentId }, lease));
    if (missing.length > 0) steps.push(() => this.#add(traceId, missing, lease));
    return inTurn(steps);
  }

  async #add(traceId: string, feedbacks: readonly LogFeedbackOptions[], lease: Lease): Promise<Written> {
    // Waited for out here, so that it is not taken for the workspace's time.
    if (!(await lease.isRenewedFor(this.#timeoutMillis))) return { type: "unsent" };
    // An experiment's own traces are in no location.
    const takesBatch = this.#batches !== undefined && parseTraceId(traceId).location !== undefined;
    return takesBatch ? this.#batches.write(feedbacks, lease) : this.#logEach(feedbacks, lease);
  }

  #logEach(feedbacks: readonly LogFeedbackOptions[], lease: Lease): Promise<Written> {
    return inTurn(feedbacks.map((feedback) => () => this.#log(feedback, lease)));
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

  /** It can be repeated: changing what is there never makes two. */
  #replace(feedback: LogFeedbackOptions, existing: TraceAssessment, lease: Lease): Promise<Written> {
    const { traceId, name, value, error, metadata } = feedback;
    // What is left out stays as it was: a reason would stand beside another verdict than its own.
    const rationale = feedback.rationale ?? (existing.rationale === undefined ? undefined : "");
    const options = {
      traceId,
      assessmentId: existing.assessmentId,
      name,
      ...(value === undefined ? {} : { value }),
      ...(error === undefined ? {} : { error }),
      ...(rationale === undefined ? {} : { rationale }),
      ...(metadata === undefined ? {} : { metadata }),
      maxAttempts: 1,
      // Each of two requests, which together may take as long as a lease is asked for.
      timeoutMillis: this.#timeoutMillis / 2,
    };
    return this.#send(lease, () => updateAssessment(this.#connection, options));
  }

  #remove(existing: AssessmentReference, lease: Lease): Promise<Written> {
    const options = { ...existing, maxAttempts: 1, timeoutMillis: this.#timeoutMillis };
    return this.#send(lease, async () => {
      try {
        await deleteAssessment(this.#connection, options);
      } catch (error) {
        if (!isGone(error)) throw error;
      }
    });
  }
}
