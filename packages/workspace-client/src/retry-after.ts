const shortestMillis = 250;
const longestMillis = 15 * 60_000;

/** Reads `Retry-After`, seconds or a date. A zero is no licence to hurry, and junk says nothing. */
export const readRetryAfterMillis = (header: string | undefined, nowUnixMillis: number): number | undefined => {
  if (header === undefined || header.trim() === "") return undefined;
  const seconds = Number(header);
  const millis = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - nowUnixMillis;
  if (Number.isNaN(millis)) return undefined;
  return Math.min(Math.max(millis, shortestMillis), longestMillis);
};
