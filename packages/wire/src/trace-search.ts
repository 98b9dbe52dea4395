/** How many traces one page of a search holds. */
export const traceSearchLimits = { usualResults: 100, mostResults: 500 } as const;
