import { parentPort, workerData } from "node:worker_threads";
import { carryError, type StoreAnswer, type StoreCall } from "./protocol.ts";
import { settle } from "./settle.ts";
import { DuckDbStore, type Store, type StoreOptions } from "./store.ts";

// The thread that has the files open: appending rows to DuckDB is synchronous work.
const port = parentPort;

const call = (store: Store, { part, method, parameters }: StoreCall): unknown => {
  const owner: object = part === undefined ? store : store[part];
  const called: unknown = Reflect.get(owner, method);
  if (typeof called !== "function") throw new TypeError(`A store has no method ${method}`);
  return Reflect.apply(called, owner, parameters);
};

const answer = async (id: number, work: () => unknown): Promise<boolean> => {
  let message: StoreAnswer;
  try {
    message = { id, result: await work() };
  } catch (error) {
    message = { id, error: carryError(error) };
  }
  port?.postMessage(message);
  return "result" in message;
};

const serve = async (options: StoreOptions): Promise<void> => {
  let store: DuckDbStore | undefined;
  const opened = await answer(0, async () => {
    store = await DuckDbStore.open(options);
  });
  if (!opened || store === undefined) {
    port?.close();
    return;
  }
  const open: DuckDbStore = store;
  const underWay = new Set<Promise<unknown>>();
  port?.on("message", (message: StoreCall) => {
    const isClosing = message.part === undefined && message.method === "close";
    const work = async (): Promise<unknown> => {
      // A thread that ends while DuckDB's own threads work for it takes the whole process with it.
      if (isClosing) await settle([...underWay], () => open.interrupt());
      return call(open, message);
    };
    const answered = answer(message.id, work);
    underWay.add(answered);
    void answered.finally(() => {
      underWay.delete(answered);
      if (isClosing) port.close();
    });
  });
};

void serve(workerData as StoreOptions);
