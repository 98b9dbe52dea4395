/** A moment by two clocks. One is set by nobody, but stands still while the machine is suspended; the other goes on. */
export interface Moment {
  readonly monotonicMillis: number;
  /** Unix milliseconds. */
  readonly wallMillis: number;
}

export const momentNow = (): Moment => ({ monotonicMillis: performance.now(), wallMillis: Date.now() });

export const after = ({ monotonicMillis, wallMillis }: Moment, millis: number): Moment => ({
  monotonicMillis: monotonicMillis + millis,
  wallMillis: wallMillis + millis,
});

/** How long it is until then, by the clock that says less. */
export const millisUntil = ({ monotonicMillis, wallMillis }: Moment): number =>
  Math.min(monotonicMillis - performance.now(), wallMillis - Date.now());
