import { InvalidArgumentError, Option, type Command } from "commander";
import { parseTraceFilter, TracelakeError } from "@tracelake/wire";
import { directoryOption } from "./shared-options.ts";
import { experimentOption, jsonOption, profileOption, warehouseOption } from "./workspace-options.ts";

const sampleRate = (text: string): number => {
  const rate = Number(text);
  if (text.trim() !== "" && rate > 0 && rate <= 1) return rate;
  throw new InvalidArgumentError("Write the share of the traces, more than 0 and at most 1, such as 0.25.");
};

const traceFilter = (text: string): string => {
  try {
    parseTraceFilter(text);
    return text;
  } catch (error) {
    throw new InvalidArgumentError(TracelakeError.isInstance(error) ? error.message : String(error));
  }
};

export const sampleRateOption = (description: string): Option =>
  new Option("--sample-rate <share>", description).argParser(sampleRate);

export const traceFilterOption = (): Option =>
  new Option("-f, --filter <conditions>", "which traces, in MLflow's language (default: all)").argParser(traceFilter);

/** The options of every command about scorers. */
export const withScorerOptions = (command: Command): Command =>
  command
    .addOption(experimentOption("the experiment, by id or path"))
    .addOption(warehouseOption())
    .addOption(profileOption())
    .addOption(directoryOption())
    .addOption(jsonOption());
