/**
 * The longest that a timer of Node.js waits, in milliseconds: one that is set for longer goes off at once.
 *
 * @see https://nodejs.org/api/timers.html#settimeoutcallback-delay-args
 */
export const longestTimerMillis = 2 ** 31 - 1;
