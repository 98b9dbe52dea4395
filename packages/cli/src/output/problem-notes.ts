const mostPerMinute = 10;
const minuteMillis = 60_000;

/** Problems as notes. */
export interface ProblemNotes {
  readonly note: (message: string) => void;
  /** Says how many were not told yet. */
  readonly end: () => void;
}

/** A few problems a minute, and how many there were beside them: a workspace that is down has one for each trace. */
export const problemNotes = (tell: (note: string) => void): ProblemNotes => {
  let minuteBegan = -Infinity;
  let told = 0;
  let untold = 0;
  const end = (): void => {
    if (untold > 0) tell(`… and ${untold} more problems`);
    untold = 0;
  };
  return {
    note: (message) => {
      const now = performance.now();
      if (now - minuteBegan >= minuteMillis) {
        end();
        minuteBegan = now;
        told = 0;
      }
      if (told < mostPerMinute) tell(message);
      else untold += 1;
      told += 1;
    },
    end,
  };
};
