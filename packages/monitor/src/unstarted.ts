import { Console } from "node:console";
import { quoteForMessage } from "@tracelake/wire";

/** A scorer in an experiment. */
interface ScorerPlace {
  readonly experimentId: string;
  readonly name: string;
}

const symbol = Symbol.for("tracelake.monitor.unstarted");

/** The scorers that this process has registered and not started: one list, however many copies of the package there are. */
const unstarted = (): Map<string, ScorerPlace> => {
  const state = globalThis as { [symbol]?: Map<string, ScorerPlace> };
  if (state[symbol] === undefined) {
    const places = new Map<string, ScorerPlace>();
    state[symbol] = places;
    // Only now is it sure that nobody starts them any more, in a process that ends.
    process.once("exit", () => warn([...places.values()]));
  }
  return state[symbol];
};

const warn = (places: readonly ScorerPlace[]): void => {
  if (places.length === 0) return;
  const names = places.map(({ experimentId, name }) => `${quoteForMessage(name)} (experiment ${experimentId})`);
  // A plain write to a closed pipe may throw, or fail later; a console's does not.
  const stderr = new Console({ stdout: process.stderr, stderr: process.stderr, ignoreErrors: true });
  stderr.error(
    "%s",
    `[tracelake] registered, but not started, so that nothing is scored: ${names.join(", ")}. Call .start({ sampleRate }) on what .register() returns.`,
  );
};

const keyOf = ({ experimentId, name }: ScorerPlace): string => `${experimentId} ${name}`;

// A service that goes on for weeks has started by then what it means to start.
const patienceMillis = 60_000;

/** Remembers that a scorer is registered and does not run. */
export const noteRegistered = (place: ScorerPlace): void => {
  const places = unstarted();
  const key = keyOf(place);
  places.set(key, place);
  setTimeout(() => {
    if (places.get(key) !== place) return;
    places.delete(key);
    warn([place]);
  }, patienceMillis).unref();
};

/** Remembers that somebody has decided what a scorer sees. */
export const noteDecided = (place: ScorerPlace): void => {
  unstarted().delete(keyOf(place));
};
