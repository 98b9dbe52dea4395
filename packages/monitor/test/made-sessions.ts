import type { MadeTrace } from "../../../test/support/monitored-workspace.ts";
import type { ScorerCore } from "../src/index.ts";
import { idOf, minutesAgo, type monitoredPlace } from "./monitored-place.ts";

export const turn = (number: number, minutes: number, session = "calm"): MadeTrace => ({
  id: idOf(number),
  startMillis: minutesAgo(minutes),
  session,
});
export const turns = (count: number, minutes: number, first = 1): MadeTrace[] =>
  Array.from({ length: count }, (_, index) => ({
    ...turn(first + index, minutes),
    startMillis: minutesAgo(minutes) + index,
  }));

/** Says how many turns it was shown. */
export const length = (name = "length", until: () => Promise<void> = async () => {}): ScorerCore => ({
  name,
  record: { type: "code", name, isSessionLevel: true },
  score: async ({ session = [] }) => {
    await until();
    return { type: "scored", feedbacks: [{ value: session.length }] };
  },
});

/** What was said of the traces of a place. */
export const judgementsOf = async (place: ReturnType<typeof monitoredPlace>) =>
  (await place.traces()).flatMap(({ traceId, assessments }) =>
    assessments.map(({ assessmentId, name, value, error, metadata }) => ({
      of: { traceId, assessmentId },
      number: Number.parseInt(traceId.slice(-32), 16),
      name,
      value,
      error,
      metadata,
    })),
  );
