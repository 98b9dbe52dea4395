import type { Hono } from "hono";
import type { Access } from "../http/access.ts";
import type { AccessTokens } from "../http/access-tokens.ts";
import type { Store } from "../store/store.ts";
import type { Warehouses } from "./warehouses/warehouses.ts";

/** What every service can use. */
export interface ServiceContext {
  readonly store: Store;
  readonly tokens: AccessTokens;
  readonly access: Access;
  readonly warehouses: Warehouses;
}

/** One part of the workspace's REST interface: adding one is a folder beside this file and a line in `services.ts`. */
export interface Service {
  readonly name: string;
  readonly mount: (app: Hono, context: ServiceContext) => void;
}
