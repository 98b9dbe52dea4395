const bars = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
const gap = "·";

/** Shares from 0 to 1 as a line of bars, one for each; `undefined`, where nothing is known, is a dot. */
export const sparkline = (shares: readonly (number | undefined)[]): string =>
  shares
    .map((share) =>
      share === undefined ? gap : (bars[Math.min(bars.length - 1, Math.floor(share * bars.length))] ?? gap),
    )
    .join("");
