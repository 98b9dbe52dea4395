import { InvalidArgumentError, Option } from "commander";
import { parseLocation, TracelakeError, type UnityCatalogLocation } from "@tracelake/wire";

/** Options that every command reads. */
export interface WorkspaceCommandOptions {
  readonly directory?: string;
}

export const directoryOption = (): Option =>
  new Option(
    "-d, --directory <path>",
    "directory of the local workspace (default: TRACELAKE_DIRECTORY, or .tracelake)",
  );

export const locationOption = (description = "only traces of this location (default: all in the workspace)"): Option =>
  new Option("-l, --location <catalog.schema[.prefix]>", description).argParser(readLocation);

const readLocation = (text: string): UnityCatalogLocation => {
  try {
    return parseLocation(text);
  } catch (error) {
    throw new InvalidArgumentError(TracelakeError.isInstance(error) ? error.message : String(error));
  }
};

/** Reads a whole number within bounds. */
export const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Write a whole number from ${least} to ${most}.`);
  };
