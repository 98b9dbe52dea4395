import type { HrTime, TimeInput } from "@opentelemetry/api";
import { wallMillis } from "./wall-clock.ts";

const fromMillis = (millis: number): HrTime => {
  const seconds = Math.trunc(millis / 1000);
  return [seconds, Math.round((millis % 1000) * 1_000_000)];
};

/** Whether something is a time in one of OpenTelemetry's forms. */
export const isTimeInput = (value: unknown): value is TimeInput =>
  typeof value === "number" || value instanceof Date || Array.isArray(value);

const isHrTime = (time: TimeInput): time is HrTime => Array.isArray(time);

/** Whether the first time is before the second. */
export const isBefore = (one: HrTime, other: HrTime): boolean =>
  one[0] < other[0] || (one[0] === other[0] && one[1] < other[1]);

/**
 * The times of one span. It begins by the clock on the wall, and goes on by the one that never jumps, unless somebody gave
 * its beginning: then only the wall's clock can be compared with it.
 */
export class SpanClock {
  readonly startTime: HrTime;
  readonly #startMillis = wallMillis();
  readonly #startedAt = performance.now();
  readonly #isGiven: boolean;

  constructor(startTime: TimeInput | undefined) {
    this.#isGiven = startTime !== undefined;
    this.startTime = startTime === undefined ? fromMillis(this.#startMillis) : this.read(startTime);
  }

  /** A time that was given, or now. A number is milliseconds since 1970, or since the start of the process as `performance.now()`. */
  read(time?: TimeInput): HrTime {
    if (!isTimeInput(time)) {
      return fromMillis(this.#isGiven ? wallMillis() : this.#startMillis + performance.now() - this.#startedAt);
    }
    if (isHrTime(time)) return time;
    if (typeof time !== "number") return fromMillis(time.getTime());
    const isSinceStart = time <= performance.now();
    return fromMillis(isSinceStart ? this.#startMillis + time - this.#startedAt : time);
  }
}
