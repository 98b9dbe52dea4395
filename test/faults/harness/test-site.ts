import { afterAll, expect } from "vitest";
import { killAll, Site } from "./app.ts";
import { judge } from "./judge.ts";
import { startSink, type Behaviour, type FaultySink, type FullRequest } from "./sink.ts";

/** Whether the slow rows and the full number of repetitions are asked for. */
export const isNightly = process.env["TRACELAKE_FAULTS"] === "nightly";

/** So many repetitions in a pull request's run, so many at night. */
export const times = (inPullRequest: number, atNight: number): number => (isNightly ? atNight : inPullRequest);

const opened: { readonly site: Site; readonly sink: FaultySink }[] = [];

// Tests that run side by side share a file, and what one of them ends with cannot be told from what another does.
afterAll(async () => {
  killAll();
  const violations = opened.flatMap(({ site, sink }) => judge(site, sink).violations);
  for (const { site, sink } of opened.splice(0)) {
    await sink.close();
    site.remove();
  }
  // Whatever a test was about: at no moment did the figures of its applications not add up.
  expect(violations).toEqual([]);
});

/** A site and a sink for one test. */
export const prepare = async (
  behave?: (request: FullRequest) => Behaviour | undefined,
): Promise<{ readonly site: Site; readonly sink: FaultySink }> => {
  const prepared = { site: new Site(), sink: await startSink(behave) };
  opened.push(prepared);
  return prepared;
};
