import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Collects garbage until `isDone` says that what was to be collected has been; gives up after a few hundred rounds. */
export const collectGarbageUntil = async (isDone: () => boolean): Promise<void> => {
  for (let round = 0; round < 500 && !isDone(); round++) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
};
