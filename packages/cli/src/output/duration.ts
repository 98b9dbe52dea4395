const nanosPerMilli = 1_000_000n;

const withUnit = (milliseconds: number): string => {
  if (milliseconds < 9.95) return `${milliseconds.toFixed(1)} ms`;
  if (milliseconds < 999.5) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 59.995) return `${seconds.toFixed(2)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${pad(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${pad(Math.floor((whole % 3600) / 60))} m`;
};

const pad = (value: number): string => String(value).padStart(2, "0");

/** A length of time in nanoseconds, for reading: `0.4 ms`, `136 ms`, `1.24 s`, `2 m 05 s`, `1 h 02 m`. */
export const formatDuration = (nanos: bigint): string => {
  if (nanos === 0n) return "0 ms";
  return nanos < 0n ? `-${withUnit(Number(-nanos) / 1e6)}` : withUnit(Number(nanos) / 1e6);
};

/** Nanoseconds since 1970 in the reader's time zone: `2026-05-04 13:37:00`, or `05-04 13:37` in short. */
export const formatTime = (unixNano: bigint, { isShort = false }: { readonly isShort?: boolean } = {}): string => {
  const time = new Date(Number(unixNano / nanosPerMilli));
  if (Number.isNaN(time.getTime())) return "?";
  const date = `${time.getFullYear()}-${pad(time.getMonth() + 1)}-${pad(time.getDate())}`;
  const clock = `${pad(time.getHours())}:${pad(time.getMinutes())}`;
  return isShort ? `${date.slice(-5)} ${clock}` : `${date} ${clock}:${pad(time.getSeconds())}`;
};
