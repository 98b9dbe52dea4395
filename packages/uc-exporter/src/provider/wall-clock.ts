// Just below a millisecond, and still below it in a number of milliseconds since 1970.
const lastOfMillisecond = 0.999;

let anchorMillis = Date.now();
let anchoredAt = performance.now();

/**
 * Milliseconds since 1970, with a fraction: in the millisecond that `Date.now()` says, and within it by the clock that never
 * jumps, so that what began one after the other in one millisecond is known to have done so.
 */
export const wallMillis = (): number => {
  const wholeMillis = Date.now();
  const at = performance.now();
  const millis = anchorMillis + at - anchoredAt;
  const kept = Math.min(Math.max(millis, wholeMillis), wholeMillis + lastOfMillisecond);
  if (kept !== millis) [anchorMillis, anchoredAt] = [kept, at];
  return kept;
};
