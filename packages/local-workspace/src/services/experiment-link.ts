import {
  ExperimentTagKey,
  formatLocation,
  parseLocation,
  type Experiment,
  type UnityCatalogLocation,
} from "@tracelake/wire";
import { parseOrder } from "../search/order.ts";
import type { Store } from "../store/store.ts";
import { experimentLocation } from "../store/traces/experiment-location.ts";

/** Where an experiment's traces go, by its tags; `undefined` where it keeps them itself. */
export const linkedLocation = ({ tags }: Experiment): UnityCatalogLocation | undefined => {
  const path = tags.find(({ key }) => key === ExperimentTagKey.TRACE_DESTINATION_PATH)?.value;
  return path === undefined ? undefined : parseLocation(path);
};

/** Whether an experiment keeps traces itself. */
export const hasTraces = async (store: Store, experimentId: string): Promise<boolean> => {
  const locations = [formatLocation(experimentLocation(experimentId))];
  const { infos } = await store.traces.searchTraces({ locations, conditions: [], order: parseOrder([]), limit: 1 });
  return infos.length > 0;
};
