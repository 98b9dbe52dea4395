import { watchModule, type ModuleCopy } from "@tracelake/tracing";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let folder: string;
let stop: () => void = () => undefined;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "tracelake-watch-")));
});
afterEach(() => {
  stop();
  rmSync(folder, { recursive: true });
});

const install = (name: string): string => {
  const target = join(folder, "node_modules", name);
  mkdirSync(target, { recursive: true });
  const manifest = {
    name,
    version: "1.2.3",
    exports: { ".": { require: { default: "./index.js" }, default: "./index.mjs" }, "./part": "./part.js" },
  };
  writeFileSync(join(target, "package.json"), JSON.stringify(manifest));
  writeFileSync(join(target, "index.js"), "exports.build = 'cjs';");
  writeFileSync(join(target, "part.js"), "exports.part = true;");
  writeFileSync(join(target, "index.mjs"), "export const build = 'esm';");
  return target;
};

const watch = (name: string): ModuleCopy[] => {
  const copies: ModuleCopy[] = [];
  stop = watchModule(name, (copy) => copies.push(copy));
  return copies;
};

describe("watchModule", () => {
  it("hands over a CommonJS build that was loaded before, with its version and file", () => {
    const target = install("loaded-before");
    const loaded: unknown = createRequire(join(folder, "app.js"))("loaded-before");
    expect(watch("loaded-before")).toEqual([
      { exports: loaded, description: `loaded-before@1.2.3 (${join(target, "index.js")})` },
    ]);
  });

  it("hands over a CommonJS build when it is required, once, also by way of one of its parts", () => {
    install("@scope/later");
    const copies = watch("@scope/later");
    const requireFromApplication = createRequire(join(folder, "app.js"));
    requireFromApplication("@scope/later/part");
    requireFromApplication("@scope/later");
    expect(copies.map(({ exports }) => exports)).toEqual([requireFromApplication("@scope/later")]);
  });

  it("hands over the ES module build that the application would import", async () => {
    const earlier = process.cwd();
    const target = install("es-module");
    process.chdir(folder);
    const copies = watch("es-module");
    process.chdir(earlier);
    const imported: unknown = await import(join(target, "index.mjs"));
    expect(copies.map(({ exports }) => Reflect.get(exports, "build"))).toEqual(["esm"]);
    expect(copies[0]?.exports).toBe(imported);
  });

  it("hands over nothing after it was stopped, and survives what is no package", () => {
    const target = install("broken");
    writeFileSync(join(target, "package.json"), "{");
    const copies = watch("broken");
    expect(() => createRequire(join(folder, "app.js"))(join(target, "index.js"))).toThrow(/package config|JSON/i);
    stop();
    install("stopped");
    expect(watch("stopped")).toEqual([]);
    stop();
    createRequire(join(folder, "app.js"))("stopped");
    expect(copies).toEqual([]);
  });
});
