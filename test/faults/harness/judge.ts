import { existsSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { expect } from "vitest";
import { startApp, type AppOptions, type Ending, type Site } from "./app.ts";
import type { FaultySink } from "./sink.ts";

/** What the applications of a site promised, compared with what arrived. */
export interface Verdict {
  readonly issued: number;
  readonly accepted: number;
  readonly durable: number;
  readonly arrived: number;
  readonly duplicates: number;
  /** Promised and not there. */
  readonly missingAccepted: readonly string[];
  readonly missingDurable: readonly string[];
  /** There and never issued, or not as they were issued. */
  readonly foreign: readonly string[];
  readonly damaged: readonly string[];
  /** Roots that arrived, and whose trace info is not there. */
  readonly withoutInfo: readonly string[];
  readonly durableWithoutInfo: readonly string[];
  /** Moments at which `stats()` did not add up. */
  readonly violations: readonly unknown[];
}

interface Promised {
  readonly hashes: Map<string, string>;
  readonly accepted: Set<string>;
  readonly durable: Set<string>;
  readonly violations: unknown[];
}

type Entry = ["i", string, string] | ["a", string] | ["d", string, number] | ["v", unknown];

// A process that was killed may have left half a line, and the next one wrote behind it.
const entriesOf = (log: string): Entry[] =>
  log.split("\n").flatMap((line) => {
    try {
      return [JSON.parse(line) as Entry];
    } catch {
      return [];
    }
  });

const readPromised = (site: Site): Promised => {
  const promised: Promised = { hashes: new Map(), accepted: new Set(), durable: new Set(), violations: [] };
  if (!existsSync(site.log)) return promised;
  for (const entry of entriesOf(readFileSync(site.log, "utf8"))) {
    if (entry[0] === "i") promised.hashes.set(entry[1], entry[2]);
    else if (entry[0] === "a") promised.accepted.add(entry[1]);
    else if (entry[0] === "v") promised.violations.push(entry[1]);
    else for (let number = 0; number < entry[2]; number++) promised.durable.add(`${entry[1]}-${number}`);
  }
  return promised;
};

/** Compares what the site's applications promised with what the sink has. */
export const judge = (site: Site, { arrivals }: FaultySink): Verdict => {
  const { hashes, accepted, durable, violations } = readPromised(site);
  const { spans, infos } = arrivals;
  const withoutInfo = [...spans].filter(([, { isRoot, traceId }]) => isRoot && !infos.has(traceId)).map(([id]) => id);
  return {
    issued: hashes.size,
    accepted: accepted.size,
    durable: durable.size,
    arrived: spans.size,
    duplicates: [...spans.values()].reduce((sum, { count }) => sum + count - 1, 0),
    missingAccepted: [...accepted].filter((id) => !spans.has(id)),
    missingDurable: [...durable].filter((id) => !spans.has(id)),
    foreign: [...[...spans.keys()].filter((id) => !hashes.has(id)), ...arrivals.foreign, ...arrivals.unreadable],
    damaged: [...spans].filter(([id, { hash, isWhole }]) => !isWhole || hash !== hashes.get(id)).map(([id]) => id),
    withoutInfo,
    durableWithoutInfo: withoutInfo.filter((id) => durable.has(id)),
    violations,
  };
};

/** The first of each list, so that a failure can be read. */
const shortened = (verdict: Verdict): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(verdict).map(([key, value]: [string, unknown]) => [
      key,
      Array.isArray(value) && value.length > 3
        ? [...(value as unknown[]).slice(0, 3), `${value.length} in all`]
        : value,
    ]),
  );

const sound = { foreign: [], damaged: [], durableWithoutInfo: [], violations: [] } as const;

/** Everything that was accepted has arrived, as it was issued, and the figures added up all the while. */
export const expectNothingLost = (site: Site, sink: FaultySink): Verdict => {
  const verdict = judge(site, sink);
  expect(shortened(verdict)).toMatchObject({ ...sound, missingAccepted: [], missingDurable: [], withoutInfo: [] });
  expect(verdict.accepted).toBeGreaterThan(0);
  return verdict;
};

/** Everything that was on disk has arrived; what was only accepted may be lost with the process that held it. */
export const expectDurableKept = (site: Site, sink: FaultySink): Verdict => {
  const verdict = judge(site, sink);
  expect(shortened(verdict)).toMatchObject({ ...sound, missingDurable: [] });
  return verdict;
};

const followerScript = `
tracelake.start();
issue({ name: "after" });
say({ started: true });
await tracelake.flush({ timeoutMillis: 30_000 });
await listen();
await until(isSettled);
noteDurable();`;

/** Options of an application that follows others of the same site. */
export type FollowingOptions = Pick<AppOptions, "site" | "host" | "durability" | "environment">;

const patienceMillis = 40_000;

/**
 * Runs an application that takes over what others of the site left, until everything that they noted as durable (or what
 * else is asked for) has arrived, or patience is at its end, which the judge will tell. What it issues itself has to
 * arrive too. Resolves with how it ended.
 */
export const drain = async (
  sink: FaultySink,
  options: FollowingOptions,
  hasArrived: () => boolean = () => judge(options.site, sink).missingAccepted.length === 0,
): Promise<Ending> => {
  const app = startApp({ ...options, script: followerScript });
  await app.hears("started");
  // Asking costs a reading of the whole log, so not with every request.
  const end = performance.now() + patienceMillis;
  while (!hasArrived() && performance.now() < end) await pause(100);
  app.tell();
  const kill = setTimeout(() => app.process.kill("SIGKILL"), patienceMillis);
  const ending = await app.ended;
  clearTimeout(kill);
  expect({ code: ending.code, signal: ending.signal }).toEqual({ code: 0, signal: null });
  return ending;
};

/** {@link drain}, where some of what was accepted died with its process before it was on disk. */
export const drainDurable = (sink: FaultySink, options: FollowingOptions): Promise<Ending> =>
  drain(sink, options, () => {
    const { missingDurable, durableWithoutInfo } = judge(options.site, sink);
    return missingDurable.length === 0 && durableWithoutInfo.length === 0;
  });
