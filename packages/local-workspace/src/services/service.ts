import type { Hono } from "hono";
import type { Store } from "../store/store.ts";

/** What every service can use. */
export interface ServiceContext {
  readonly store: Store;
}

/** One part of the workspace's REST interface: adding one is a folder beside this file and a line in `services.ts`. */
export interface Service {
  readonly name: string;
  readonly mount: (app: Hono, context: ServiceContext) => void;
}
