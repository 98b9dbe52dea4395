import type { LeaseKeeper } from "../leases/lease-keeper.ts";
import type { MonitorState } from "./monitor-state.ts";
import type { ScoringPool } from "./scoring-pool.ts";
import type { TraceSource } from "./trace-source.ts";

/** What those who follow traces and sessions work with. */
export interface FollowerParts {
  readonly state: MonitorState;
  readonly source: TraceSource;
  readonly keeper: LeaseKeeper;
  readonly pool: ScoringPool;
}
