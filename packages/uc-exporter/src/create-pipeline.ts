import { environmentDestination } from "@tracelake/workspace-client/sending";
import { createSink } from "./destination/create-sink.ts";
import type { Destination } from "./destination/destination.ts";
import { optionInvalid } from "./option-invalid.ts";
import type { SinkSource } from "./pipeline/lane.ts";
import { Pipeline } from "./pipeline/pipeline.ts";
import { readPipelineSettings, type PipelineOptions } from "./pipeline/read-settings.ts";

/** The sinks of what was asked for, or of what the environment names. @throws {TracelakeError} `CONFIG_*` */
export const createSinks = (destination: Destination | readonly Destination[] | undefined): readonly SinkSource[] => {
  const given = destination ?? environmentDestination();
  const list: readonly Destination[] = Array.isArray(given)
    ? (given as readonly Destination[])
    : [given as Destination];
  if (list.length === 0)
    throw optionInvalid(
      "There is no destination for traces",
      given,
      "Name at least one in `destination`, or leave it out.",
    );
  return list.map((one) => createSink(one));
};

/** A pipeline to those sinks that also delivers at the end of the process. @throws {TracelakeError} `CONFIG_*` */
export const createPipeline = (
  destination: Destination | readonly Destination[] | undefined,
  options: PipelineOptions = {},
): Pipeline => {
  const settings = readPipelineSettings(options);
  const sinks = createSinks(destination);
  const pipeline = new Pipeline(settings);
  pipeline.setSinks(sinks);
  return pipeline;
};
