import { doesNotExist, invalidParameter } from "../../http/errors.ts";
import { Refusal } from "../../http/refusal.ts";

/** The states of a warehouse that clients act on. */
export type WarehouseState = "RUNNING" | "STARTING" | "STOPPED";

/** The id of the one warehouse that a workspace begins with. */
const warehouseId = "local";

/**
 * The SQL warehouses of a workspace. There is one, which costs nothing and runs; it can be stopped, to see what a client
 * does then.
 */
export class Warehouses {
  readonly #states = new Map<string, WarehouseState>([[warehouseId, "RUNNING"]]);

  get ids(): string[] {
    return [...this.#states.keys()];
  }

  /** @throws {Refusal} where there is no such warehouse. */
  state(id: string): WarehouseState {
    const state = this.#states.get(id);
    if (state !== undefined) return state;
    throw new Refusal(doesNotExist(`SQL warehouse with ID ${id} does not exist. This workspace has '${warehouseId}'.`));
  }

  /** @throws {Refusal} where there is no such warehouse. */
  change(id: string, state: WarehouseState): void {
    this.state(id);
    this.#states.set(id, state);
  }
}

/** @throws {Refusal} where a warehouse is named that is not there, or stopped. */
export const requireRunningWarehouse = (warehouses: Warehouses, id: string | undefined): void => {
  if (id === undefined || id === "" || warehouses.state(id) === "RUNNING") return;
  throw new Refusal(invalidParameter(`SQL warehouse ${id} is not running.`));
};
