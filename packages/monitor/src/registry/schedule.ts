import { setTimeout as sleep } from "node:timers/promises";
import { requestJson, type Connection } from "@tracelake/workspace-client";
import {
  ErrorCode,
  quoteForMessage,
  TracelakeError,
  type ScheduledScorerMessage,
  type ScheduledScorersMessage,
} from "@tracelake/wire";
import { scheduledScorersSchema } from "@tracelake/wire/schemas";
import { isNotFound } from "./registry-errors.ts";

type Schedule = readonly ScheduledScorerMessage[];

/** What a schedule is to become. Asked again with a newer one where somebody else has changed it at the same time. */
export type ScheduleChange = (scorers: Schedule) => Schedule;

const attempts = 12;
const longestPauseMillis = 800;

const pathOf = (experimentId: string): string =>
  `/api/2.0/managed-evals/scheduled-scorers/${encodeURIComponent(experimentId)}`;

const remedies = {
  403: "Give the owner of the credentials CAN EDIT on the experiment and CAN USE on its SQL warehouse.",
};

/** Whether an experiment never had a scorer; one that is missing itself has another code. */
const isNoSchedule = (error: unknown): boolean => isNotFound(error) && error.answer?.errorCode === "NOT_FOUND";

const readPage = async (
  connection: Connection,
  experimentId: string,
  token: string,
): Promise<ScheduledScorersMessage> => {
  try {
    return await requestJson(
      connection,
      {
        method: "GET",
        path: pathOf(experimentId),
        query: token === "" ? {} : { page_token: token },
        purpose: `Listing the scorers of experiment ${experimentId}`,
        remedies,
      },
      scheduledScorersSchema,
    );
  } catch (error) {
    if (isNoSchedule(error)) return { scheduled_scorers: { scorers: [] } };
    throw error;
  }
};

/** The scorers of an experiment; none where it never had one. */
export const readSchedule = async (connection: Connection, experimentId: string): Promise<ScheduledScorerMessage[]> => {
  const found: ScheduledScorerMessage[] = [];
  for (let token: string | undefined = ""; token !== undefined;) {
    const page = await readPage(connection, experimentId, token);
    found.push(...page.scheduled_scorers.scorers);
    token = page.next_page_token || undefined;
  }
  return found;
};

const write = async (
  connection: Connection,
  experimentId: string,
  { method, scorers }: { readonly method: "PATCH" | "POST"; readonly scorers: Schedule },
): Promise<readonly ScheduledScorerMessage[]> => {
  const mask = method === "PATCH" ? { update_mask: "scheduled_scorers.scorers" } : {};
  const answer = await requestJson(
    connection,
    {
      method,
      path: pathOf(experimentId),
      body: { scheduled_scorers: { scorers }, ...mask },
      purpose: `Changing the scorers of experiment ${experimentId}`,
      remedies,
    },
    scheduledScorersSchema,
  );
  return answer.scheduled_scorers.scorers;
};

const isTaken = (error: unknown): boolean =>
  TracelakeError.isInstance(error) && error.answer?.errorCode === "ALREADY_EXISTS";

/** Replaces the whole schedule; `undefined` where somebody else has made the first one in between. */
const replace = async (
  connection: Connection,
  experimentId: string,
  scorers: Schedule,
): Promise<Schedule | undefined> => {
  try {
    return await write(connection, experimentId, { method: "PATCH", scorers });
  } catch (error) {
    if (!isNoSchedule(error)) throw error;
  }
  try {
    return await write(connection, experimentId, { method: "POST", scorers });
  } catch (error) {
    if (isTaken(error)) return undefined;
    throw error;
  }
};

const isSame = (one: ScheduledScorerMessage | undefined, other: ScheduledScorerMessage | undefined): boolean =>
  one?.serialized_scorer === other?.serialized_scorer &&
  (one?.sample_rate ?? 0) === (other?.sample_rate ?? 0) &&
  (one?.filter_string ?? "") === (other?.filter_string ?? "") &&
  (one === undefined) === (other === undefined);

/** The scorer that a change is about. */
interface Change {
  readonly experimentId: string;
  readonly name: string;
  readonly wanted: ScheduleChange;
}

/**
 * The interface replaces all scorers at once and knows no conflict, so that of two who change them at the same time one
 * loses. Whoever writes therefore looks again, once the other one's write has had the time that our own took, and begins
 * anew where its change is gone.
 */
const attempt = async (
  connection: Connection,
  { experimentId, name, wanted }: Change,
): Promise<{ readonly scorer: ScheduledScorerMessage | undefined } | undefined> => {
  const named = (scorers: Schedule) => scorers.find((scorer) => scorer.name === name);
  const startMillis = performance.now();
  const answer = await replace(connection, experimentId, wanted(await readSchedule(connection, experimentId)));
  if (answer === undefined) return undefined;
  await sleep(performance.now() - startMillis);
  const kept = named(await readSchedule(connection, experimentId));
  return isSame(kept, named(answer)) ? { scorer: kept } : undefined;
};

const changeAlone = async (connection: Connection, change: Change): Promise<ScheduledScorerMessage | undefined> => {
  for (let count = 0; count < attempts; count += 1) {
    const done = await attempt(connection, change);
    if (done !== undefined) return done.scorer;
    // Two that lose to each other must not begin again in step.
    await sleep(Math.random() * longestPauseMillis * Math.min(1, 2 ** (count - 3)));
  }
  throw new TracelakeError(ErrorCode.WORKSPACE_REJECTED, {
    failed: `The scorer ${quoteForMessage(change.name)} of experiment ${change.experimentId} could not be changed`,
    seen: `others changed the experiment's scorers at the same time, ${attempts} times in a row`,
    remedy: "Look at the scorers, and change them from one place.",
  });
};

const queues = new Map<string, Promise<unknown>>();

/**
 * Changes the schedule of an experiment: one change after the other in this process, and so that the changes of other
 * processes are kept, too.
 *
 * @returns the scorer as it is afterwards; `undefined` where it is gone.
 * @throws {TracelakeError} `WORKSPACE_*`, and what `wanted` throws.
 */
export const changeSchedule = async (
  connection: Connection,
  change: Change,
): Promise<ScheduledScorerMessage | undefined> => {
  const key = `${connection.baseUrl} ${change.experimentId}`;
  const before = queues.get(key) ?? Promise.resolve();
  const work = before.catch(() => undefined).then(() => changeAlone(connection, change));
  queues.set(key, work);
  try {
    return await work;
  } finally {
    if (queues.get(key) === work) queues.delete(key);
  }
};
