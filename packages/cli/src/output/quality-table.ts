import { passRateOf, totalOf, type ScorerQuality } from "../data/quality.ts";
import { printable } from "./printable-text.ts";
import { sparkline } from "./sparkline.ts";
import { plainStyle, type Style } from "./style.ts";
import { renderTable, type TableOptions } from "./table.ts";

/** The time that a trend shows, and how long one of its bars is. */
export interface TrendRange {
  readonly sinceMillis: number;
  readonly nowMillis: number;
  readonly periodMillis: number;
}

const goodRate = 0.9;
const poorRate = 0.7;
const longestTrend = 60;

const paintRate = (rate: number | undefined, style: Style): ((text: string) => string) => {
  if (rate === undefined) return style.dim;
  if (rate >= goodRate) return style.green;
  return rate >= poorRate ? style.yellow : style.red;
};

const trendOf = ({ periods }: ScorerQuality, { sinceMillis, nowMillis, periodMillis }: TrendRange): string => {
  const first = Math.floor(sinceMillis / periodMillis);
  const last = Math.floor(nowMillis / periodMillis);
  const byPlace = new Map(periods.map((period) => [Math.floor(period.startMillis / periodMillis), period]));
  const places = Array.from({ length: last - first + 1 }, (_, index) => first + index).slice(-longestTrend);
  return sparkline(
    places.map((place) => {
      const period = byPlace.get(place);
      return period === undefined ? undefined : passRateOf(period);
    }),
  );
};

/** The pass rate of each scorer and how it went. */
export const renderQuality = (
  scorers: readonly ScorerQuality[],
  range: TrendRange,
  options: TableOptions = {},
): string[] => {
  const { style = plainStyle } = options;
  return renderTable(
    [
      { header: "SCORER" },
      { header: "PASS", align: "right", isWhole: true },
      { header: "JUDGED", align: "right", isWhole: true },
      { header: "ERRORS", align: "right", isWhole: true },
      { header: "TREND", isWhole: true },
    ],
    scorers.map((quality) => {
      const total = totalOf(quality);
      const rate = passRateOf(total);
      return [
        { text: printable(quality.scorer) },
        { text: rate === undefined ? "–" : `${(100 * rate).toFixed(1)} %`, paint: paintRate(rate, style) },
        { text: total.judged.toLocaleString("en") },
        { text: total.errors.toLocaleString("en"), paint: total.errors > 0 ? style.red : style.dim },
        { text: trendOf(quality, range), paint: style.cyan },
      ];
    }),
    options,
  );
};
