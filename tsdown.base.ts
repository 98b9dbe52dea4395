import { defineConfig, type UserConfig } from "tsdown";

/** Every published package is built the same way: ESM and CommonJS, each with its own types, nothing bundled in. */
export const libraryBuild = (entry: string[] = ["src/index.ts"]): UserConfig =>
  defineConfig({
    entry,
    format: ["esm", "cjs"],
    platform: "node",
    target: "node20.19",
    dts: true,
    // Only the sources, and other packages as they are published: types would otherwise be copied out of their sources.
    tsconfig: "tsconfig.build.json",
    sourcemap: true,
    fixedExtension: false,
    clean: true,
    logLevel: "warn",
  });
