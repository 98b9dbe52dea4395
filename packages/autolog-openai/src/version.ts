import manifest from "../package.json" with { type: "json" };

/** The version of this package, as its instrumentation says it. */
export const version: string = manifest.version;
