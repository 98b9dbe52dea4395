import { KeptItems } from "./kept-items.ts";
import { safely } from "./runtime.ts";

/** How a stream ended without an error: read to its end, or left before. */
export type StreamEnd = "completed" | "left";

/** What is told about a stream. Of `onEnd` and `onError` one is called, once. */
export interface StreamObserver {
  /** Called when somebody asks for the next item. */
  readonly onAsk?: () => void;
  /** Called for every item; with it no items are kept. */
  readonly onItem?: (item: unknown) => void;
  /** Whether an item is kept from whoever reads. Asked after `onItem`. */
  readonly isHidden?: (item: unknown) => boolean;
  /** Whether the items that are kept are the very ones the stream produced, and not copies. */
  readonly keepsOriginals?: boolean;
  /** `items` are the first ones the stream produced: as many as may be recorded, none where content is switched off. */
  readonly onEnd: (items: readonly unknown[], end: StreamEnd) => void;
  readonly onError: (error: unknown) => void;
}

interface Watched {
  finish: (() => void) | undefined;
}

// One registry for the process.
const abandoned = new FinalizationRegistry<Watched>(({ finish }) => {
  if (finish !== undefined) safely(finish, undefined);
});

const tokenKey = Symbol("tracelake.abandoned");

/**
 * An object that lives as long as `subject` and reaches nothing. What a registry watches survives every minor garbage
 * collection with all that it reaches, and a promise reaches a whole answer.
 */
const tokenOf = (subject: object): object => {
  const known: unknown = Object.getOwnPropertyDescriptor(subject, tokenKey)?.value;
  if (typeof known === "object" && known !== null) return known;
  const token = {};
  return Reflect.defineProperty(subject, tokenKey, { value: token }) ? token : subject;
};

/**
 * Calls `finish` some time after `subject` was dropped by everyone, so that a span whose end depends on it ends all the
 * same. Nothing that `finish` can reach may reach `subject`: functions made in one scope share what any of them uses.
 *
 * @returns how to stop that, and let go of `finish`.
 */
export const onAbandoned = (subject: object, finish: () => void): (() => void) => {
  const watched: Watched = { finish };
  abandoned.register(tokenOf(subject), watched);
  return () => {
    watched.finish = undefined;
  };
};

/** Passes what happens to one stream on to its observer. */
export class Collector {
  readonly #observer: StreamObserver;
  readonly #items: KeptItems | undefined;
  #stopWatching: (() => void) | undefined;
  #isOver = false;

  constructor(observer: StreamObserver) {
    this.#observer = observer;
    if (observer.onItem === undefined) this.#items = new KeptItems(observer.keepsOriginals === true);
  }

  /** Ends what is collected, when the stream is dropped without being read to its end. */
  watch(stream: object): void {
    this.#stopWatching = onAbandoned(stream, () => this.end("left"));
  }

  /** To be called when the stream is dropped while something else that is watched goes on with it. */
  unwatch(): void {
    this.#stopWatching?.();
  }

  ask(): void {
    this.#observer.onAsk?.();
  }

  /** Whether whoever reads is to have the item. */
  add(item: unknown): boolean {
    const { onItem, isHidden } = this.#observer;
    try {
      onItem?.(item);
      this.#items?.add(item);
      return isHidden === undefined || !isHidden(item);
    } catch (error) {
      safely(() => {
        throw error;
      }, undefined);
      return true;
    }
  }

  end(end: StreamEnd): void {
    this.#finish(() => this.#observer.onEnd(this.#items?.values() ?? [], end));
  }

  fail(error: unknown): void {
    this.#finish(() => this.#observer.onError(error));
  }

  #finish(action: () => void): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.unwatch();
    safely(action, undefined);
  }
}
