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
    expect(watch("loaded-before")).toMatchObject([
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

  it("loads other entries of the same build, and nothing for an entry that the package does not have", () => {
    install("with-parts");
    const requireFromApplication = createRequire(join(folder, "app.js"));
    requireFromApplication("with-parts");
    const [copy] = watch("with-parts");
    const loaded: object[] = [];
    copy?.withEntry("./part", (exports) => loaded.push(exports));
    copy?.withEntry("./other", (exports) => loaded.push(exports));
    expect(loaded).toEqual([requireFromApplication("with-parts/part")]);
  });

  it("finds an entry by a pattern of the package's, and leaves it alone until it, or what it loads, is loaded", () => {
    const target = install("with-sockets");
    const manifest = { name: "with-sockets", exports: { ".": "./index.js", "./live/*": { require: "./live/*.js" } } };
    writeFileSync(join(target, "package.json"), JSON.stringify(manifest));
    mkdirSync(join(target, "live"));
    writeFileSync(join(target, "live", "socket.js"), "exports.transport = require('heavy-transport');");
    writeFileSync(join(target, "live", "light.js"), "exports.isLight = true;");
    install("heavy-transport");
    const requireFromApplication = createRequire(join(folder, "app.js"));
    requireFromApplication("with-sockets");
    const [copy] = watch("with-sockets");
    const loaded: object[] = [];
    const note = (exports: object) => loaded.push(exports);
    copy?.withEntry("./live/socket", note, { onceLoaded: "heavy-transport" });
    copy?.withEntry("./live/missing", note);
    expect(loaded).toEqual([]);
    copy?.withEntry("./live/light", note);
    expect(loaded).toEqual([]);
    requireFromApplication("heavy-transport");
    expect(loaded).toEqual([requireFromApplication("with-sockets/live/socket")]);
    expect(loaded).toEqual([loaded[0], requireFromApplication("with-sockets/live/light")]);
    copy?.withEntry("./live/socket", note, { onceLoaded: "heavy-transport" });
    expect(loaded).toHaveLength(3);
  });

  it("hands over an entry whole that is the first of its package to be loaded", () => {
    const target = install("begun-aside");
    writeFileSync(join(target, "part.js"), "exports.transport = require('other-transport'); exports.end = true;");
    install("other-transport");
    const loaded: unknown[] = [];
    stop = watchModule("begun-aside", (copy) =>
      copy.withEntry("./part", (exports) => loaded.push({ ...exports }), { onceLoaded: "other-transport" }),
    );
    const part: unknown = createRequire(join(folder, "app.js"))("begun-aside/part");
    expect(loaded).toEqual([part]);
    expect(part).toMatchObject({ end: true });
  });

  it("hands over a CommonJS entry that only hands on another file when the package itself loads that file", () => {
    const target = install("handed-on");
    writeFileSync(join(target, "part.js"), "module.exports = require('./inner/part.js');");
    mkdirSync(join(target, "inner"));
    writeFileSync(join(target, "inner", "part.js"), "exports.isInner = true;");
    const requireFromApplication = createRequire(join(folder, "app.js"));
    requireFromApplication("handed-on");
    const [copy] = watch("handed-on");
    const loaded: object[] = [];
    copy?.withEntry("./part", (exports) => loaded.push(exports));
    expect(loaded).toEqual([]);
    const inner: unknown = createRequire(join(target, "index.js"))("./inner/part.js");
    expect(loaded).toEqual([inner]);
  });

  it("hands over each build of a package that has no main entry when one of its entries is loaded", () => {
    const target = join(folder, "node_modules", "only-parts");
    mkdirSync(target, { recursive: true });
    const exports = { "./part": { import: "./part.mjs", require: "./part.js" } };
    writeFileSync(join(target, "package.json"), JSON.stringify({ name: "only-parts", version: "1.0.0", exports }));
    writeFileSync(join(target, "part.js"), "exports.part = true;");
    const requireFromApplication = createRequire(join(folder, "app.js"));
    const part: unknown = requireFromApplication("only-parts/part");
    const loaded: object[] = [];
    for (const copy of watch("only-parts")) copy.withEntry("./part", (entry) => loaded.push(entry));
    expect(loaded).toEqual([part]);
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
