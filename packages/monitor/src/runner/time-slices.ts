import type { TraceSummary } from "@tracelake/workspace-client";
import type { TimeSlice, TraceSource } from "./trace-source.ts";
import { startMillisOf } from "./trace-times.ts";

/** A page of traces, and the time in which all of them began. */
export interface TracePage {
  readonly summaries: readonly TraceSummary[];
  readonly slice: TimeSlice;
}

const mostPagesOfSlice = 4;
const fewTraces = 500;
const shortestSliceMillis = 1000;

/**
 * Walks through time, oldest first, up to the newest trace where it has no end: in slices of about as many traces each, since
 * asking for a page of a long time costs a workspace as much as asking for all of it.
 */
export async function* walkTraces(
  source: TraceSource,
  { fromMillis, toMillis }: TimeSlice,
): AsyncGenerator<TracePage, void, void> {
  // Clocks of other machines may be ahead: what has no end is asked for without one.
  const lastMillis = toMillis ?? Date.now();
  let widthMillis = Math.max(lastMillis - fromMillis, shortestSliceMillis);
  for (let startMillis = fromMillis; ;) {
    const endMillis = startMillis + widthMillis;
    const isLast = endMillis >= lastMillis;
    const slice = { fromMillis: startMillis, toMillis: isLast ? toMillis : endMillis };
    let count = 0;
    let pages = 0;
    let stoppedAtMillis: number | undefined;
    for await (const summaries of source.pages(slice)) {
      const [first] = summaries;
      const last = summaries.at(-1);
      if (first === undefined || last === undefined) continue;
      const firstMillis = startMillisOf(first) || startMillis;
      const lastMillis = startMillisOf(last) || firstMillis;
      yield { summaries, slice: { fromMillis: firstMillis, toMillis: lastMillis + 1 } };
      count += summaries.length;
      pages += 1;
      // Traces of one and the same millisecond cannot be told apart by a slice: they have to be read to their end.
      if (pages < mostPagesOfSlice || lastMillis <= startMillis) continue;
      stoppedAtMillis = lastMillis;
      break;
    }
    if (stoppedAtMillis !== undefined) {
      widthMillis = Math.max((stoppedAtMillis - startMillis) / 2, shortestSliceMillis);
      startMillis = stoppedAtMillis;
    } else if (isLast) return;
    else {
      startMillis = endMillis;
      if (count < fewTraces) widthMillis *= 2;
    }
  }
}
