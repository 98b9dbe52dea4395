import manifest from "../package.json" with { type: "json" };

/** The version of this package, as its spans say it. */
export const version: string = manifest.version;
