import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { ErrorCode, TracelakeError } from "@tracelake/wire";
import { reviveError, type StoreAnswer, type StoreCall, type StoreMethod, type StorePart } from "./protocol.ts";
import type { Store, StoreOptions } from "./store.ts";

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

const stopped = (seen: string): TracelakeError =>
  new TracelakeError(ErrorCode.LOCAL_WORKSPACE_FAILED, {
    failed: "The local workspace is closed",
    seen,
    remedy: "Open it again.",
  });

/** The calls that are under way in the worker thread. */
class StoreThread {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #end: TracelakeError | undefined;

  constructor(file: string, options: StoreOptions) {
    this.#worker = new Worker(file, { workerData: options, name: "tracelake-store" });
    this.#worker.on("message", (answer: StoreAnswer) => this.#settle(answer));
    this.#worker.on("error", (error) => this.#stop(stopped(error.message)));
    this.#worker.on("exit", (code) => this.#stop(stopped(`its thread ended with code ${code}`)));
    // An idle workspace keeps no process alive; a call under way does.
    this.#worker.unref();
  }

  opened(): Promise<unknown> {
    return this.#await(0);
  }

  call<Method extends StoreMethod>(method: Method, parameters: Parameters<Store[Method]>): ReturnType<Store[Method]> {
    return this.#send({ part: undefined, method, parameters }) as ReturnType<Store[Method]>;
  }

  /** A part of the store: whatever is called on it is called in the thread. */
  part<Part extends StorePart>(part: Part): Store[Part] {
    return new Proxy({} as Store[Part], {
      get: (_, method) =>
        // A promise asks everything that it is resolved with whether it is one.
        typeof method === "string" && method !== "then"
          ? (...parameters: unknown[]) => this.#send({ part, method, parameters })
          : undefined,
    });
  }

  #send(call: Omit<StoreCall, "id">): Promise<unknown> {
    this.#lastId += 1;
    const message: StoreCall = { id: this.#lastId, ...call };
    const answered = this.#await(message.id);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread has no origin
    if (this.#end === undefined) this.#worker.postMessage(message);
    return answered;
  }

  #await(id: number): Promise<unknown> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    this.#worker.ref();
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
    });
  }

  #settle(answer: StoreAnswer): void {
    const pending = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    if (this.#pending.size === 0) this.#worker.unref();
    if ("error" in answer) pending?.reject(reviveError(answer.error));
    else pending?.resolve(answer.result);
  }

  #stop(error: TracelakeError): void {
    this.#end ??= error;
    for (const { reject } of this.#pending.values()) reject(this.#end);
    this.#pending.clear();
  }
}

/** Opens a store whose work is done in a thread of its own. */
export const openStoreThread = async (workerUrl: URL, options: StoreOptions): Promise<Store> => {
  const thread = new StoreThread(fileURLToPath(workerUrl), options);
  await thread.opened();
  return {
    drain: (...parameters) => thread.call("drain", parameters),
    query: (...parameters) => thread.call("query", parameters),
    ingestOtlp: (...parameters) => thread.call("ingestOtlp", parameters),
    ingestTraces: (...parameters) => thread.call("ingestTraces", parameters),
    traces: thread.part("traces"),
    experiments: thread.part("experiments"),
    scorers: thread.part("scorers"),
    statements: thread.part("statements"),
    grants: thread.part("grants"),
    runs: thread.part("runs"),
    close: (...parameters) => thread.call("close", parameters),
  };
};
