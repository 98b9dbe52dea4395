import { isRecord, type JsonRecord } from "./json-record.ts";

const changeOf = (before: unknown, now: unknown): unknown => {
  if (!Array.isArray(before) || !Array.isArray(now)) return now;
  const hasGrown = now.length > before.length && before.every((item, at) => item === now[at]);
  return hasGrown && before.length > 0 ? { unchanged: before.length, added: now.slice(before.length) } : now;
};

const isSame = (before: unknown, now: unknown): boolean =>
  before === now ||
  (Array.isArray(before) &&
    Array.isArray(now) &&
    before.length === now.length &&
    before.every((item, at) => item === now[at]));

/** What of a graph's state changed since another node saw it: keys left out are the same, lists that grew say so. */
export const stateChange = (before: JsonRecord | undefined, state: unknown): unknown => {
  if (before === undefined || !isRecord(state)) return state;
  const changed = Object.keys(state).filter((key) => !(key in before) || !isSame(before[key], state[key]));
  return Object.fromEntries(
    changed.map((key) => [key, key in before ? changeOf(before[key], state[key]) : state[key]]),
  );
};
