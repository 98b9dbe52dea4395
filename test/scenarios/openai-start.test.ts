import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

/** Tells of every file that is imported or required, whatever version of Node.js it is. */
const watching = `
  import { Module, register } from "node:module";
  const resolveFilename = Module._resolveFilename;
  Module._resolveFilename = function (...args) {
    const found = Reflect.apply(resolveFilename, this, args);
    process._rawDebug("file://" + found);
    return found;
  };
  register("data:text/javascript," + encodeURIComponent(\`export const resolve = async (specifier, context, next) => {
    const found = await next(specifier, context);
    process._rawDebug(found.url);
    return found;
  };\`));`;

const body = `
  start({ destination: { type: "otlp", endpoint: "http://127.0.0.1:9/v1/traces" }, durability: "memory" });
  autolog();
  new OpenAI({ apiKey: "none" });
  process._rawDebug("builtins " + process.moduleLoadList.filter((name) => name.startsWith("NativeModule ")).join());
  process.exit(0);`;

const programs = {
  module: `
    import { autolog } from "@tracelake/autolog-openai";
    import { start } from "@tracelake/uc-exporter";
    import OpenAI from "openai";${body}`,
  commonjs: `
    const { autolog } = require("@tracelake/autolog-openai");
    const { start } = require("@tracelake/uc-exporter");
    const OpenAI = require("openai");${body}`,
};

const packagesOf = (told: string): string[] => {
  const names = told
    .split("\n")
    .filter((line) => line.startsWith("file:"))
    .flatMap((url) => {
      const installed = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
      const own = /\/packages\/([^/]+)\/dist\//.exec(url)?.[1];
      return installed ?? (own === undefined ? [] : `@tracelake/${own}`);
    });
  return [...new Set(names)].filter((name) => name !== "openai").toSorted();
};

describe("starting to record the openai client", () => {
  it.each(["module", "commonjs"] as const)("loads little beside the client (%s)", async (kind) => {
    const flags = ["--import", `data:text/javascript,${encodeURIComponent(watching)}`, `--input-type=${kind}`];
    const { stderr } = await promisify(execFile)(process.execPath, [...flags, "-e", programs[kind]], {
      env: { ...process.env, NODE_OPTIONS: "" },
    });
    expect(packagesOf(stderr)).toEqual([
      "@opentelemetry/api",
      "@opentelemetry/context-async-hooks",
      "@tracelake/autolog-openai",
      "@tracelake/tracing",
      "@tracelake/uc-exporter",
      "@tracelake/wire",
      "@tracelake/workspace-client",
    ]);
    const builtins = /^builtins (.*)$/m.exec(stderr)?.[1]?.split(",") ?? [];
    const slow = ["http", "https", "zlib", "child_process", "tls"].map((name) => `NativeModule ${name}`);
    expect(builtins.length).toBeGreaterThan(50);
    expect(builtins.filter((name) => slow.includes(name))).toEqual([]);
  });
});
