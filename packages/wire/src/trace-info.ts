/** How a trace ended, as MLflow names it. */
export const TraceState = {
  STATE_UNSPECIFIED: "STATE_UNSPECIFIED",
  OK: "OK",
  ERROR: "ERROR",
  IN_PROGRESS: "IN_PROGRESS",
} as const;
export type TraceState = (typeof TraceState)[keyof typeof TraceState];

/** MLflow cuts these on the way to a workspace; the previews have a limit of their own. */
export const traceInfoLimits = {
  metadataCharacters: 250,
  tagKeyCharacters: 250,
  tagValueCharacters: 4096,
  previewCharacters: 10_000,
  previewCharactersOnMlflowServer: 1_000,
} as const;
