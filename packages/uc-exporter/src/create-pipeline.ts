import { createSink } from "./destination/create-sink.ts";
import { defaultDestination } from "./destination/default-destination.ts";
import type { Destination } from "./destination/destination.ts";
import { Pipeline } from "./pipeline/pipeline.ts";
import type { Sink } from "./sinks/sink.ts";

/** The sinks of what was asked for, or of what the environment names. @throws {TracelakeError} `CONFIG_*` */
export const createSinks = (
  destination: Destination | readonly Destination[] | undefined,
): readonly (Sink | Promise<Sink>)[] => {
  const given = destination ?? defaultDestination();
  const list: readonly Destination[] = Array.isArray(given)
    ? (given as readonly Destination[])
    : [given as Destination];
  return list.map((one) => {
    const sink = createSink(one);
    // Whoever waits for it reports its failure; if a later one of the list throws, nobody does.
    if (sink instanceof Promise) sink.catch(() => undefined);
    return sink;
  });
};

/** A pipeline to those sinks that also delivers at the end of the process. @throws {TracelakeError} `CONFIG_*` */
export const createPipeline = (destination: Destination | readonly Destination[] | undefined): Pipeline => {
  const pipeline = new Pipeline();
  pipeline.setSinks(createSinks(destination));
  pipeline.watchExit();
  return pipeline;
};
