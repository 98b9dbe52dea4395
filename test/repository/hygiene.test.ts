import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { examples, keptFiles, packages, publishedPackages, readManifest, root, type Manifest } from "./tree.ts";

const rootManifest: Manifest = readManifest(root);

/** Lines of kept text files that match, as `path:line`. */
const linesThatMatch = (pattern: RegExp, among: RegExp = /./): string[] =>
  keptFiles()
    .filter((path) => among.test(path))
    .flatMap((path) => {
      const content = readFileSync(join(root, path));
      if (content.includes(0)) return [];
      return content
        .toString("utf8")
        .split("\n")
        .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}`] : []));
    });

describe("kept files", () => {
  test("name no package registry", () => {
    expect(linesThatMatch(/"resolved":\s*"http/)).toEqual([]);
    expect(linesThatMatch(/\b(registry|index[-_]url)["']?\s*[=:]\s*["']?https?:/i)).toEqual([]);
    expect(linesThatMatch(/\/\/[^/\s]+\/:_(authToken|password|auth)/)).toEqual([]);
  });

  test("name no path of the machine they were written on", () => {
    expect(linesThatMatch(/(?<![\w.~}\])*-])\/(home|Users|root|work|mnt)\/[\w.@-]/)).toEqual([]);
  });

  test("hold no credentials", () => {
    const token =
      /\b(dapi[0-9a-f]{32}|dose[0-9a-f]{32}|sk-(proj-)?[A-Za-z0-9_-]{32,}|npm_[A-Za-z0-9]{36}|hf_[A-Za-z]{34})\b/;
    expect(linesThatMatch(token)).toEqual([]);
    expect(linesThatMatch(/-----BEGIN ([A-Z]+ )?PRIVATE KEY-----/)).toEqual([]);
  });

  test("hold no build output", () => {
    expect(keptFiles().filter((path) => /(^|\/)(dist|node_modules|\.tracelake|\.turbo)\/|\.tgz$/.test(path))).toEqual(
      [],
    );
  });
});

describe("sources", () => {
  const sources = keptFiles().filter(
    (path) => /^packages\/[^/]+\/src\/.*\.ts$/.test(path) && !path.endsWith(".test.ts"),
  );

  /** What of a file gives up the type checker's help, as `path:line what`. */
  const escapes = (path: string): string[] => {
    const file = ts.createSourceFile(path, readFileSync(join(root, path), "utf8"), ts.ScriptTarget.Latest, true);
    const found: string[] = [];
    const note = (node: ts.Node, what: string): void => {
      found.push(`${path}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1} ${what}`);
    };
    const visit = (node: ts.Node): void => {
      if (node.kind === ts.SyntaxKind.AnyKeyword) note(node, "any");
      if (ts.isAsExpression(node) && ts.isAsExpression(node.expression)) {
        if (node.expression.type.kind === ts.SyntaxKind.UnknownKeyword) note(node, "as unknown as");
      }
      ts.forEachChild(node, visit);
    };
    visit(file);
    return found;
  };

  test("hold neither `any` nor `as unknown as`", () => {
    expect(sources.length).toBeGreaterThan(0);
    expect(sources.flatMap(escapes)).toEqual([]);
  });

  test("switch a rule off only with a reason behind `--`", () => {
    expect(linesThatMatch(/(oxlint|eslint)-disable(?!.*\s--\s+\S)/, /\.[cm]?[jt]sx?$/)).toEqual([]);
    expect(linesThatMatch(/@ts-(ignore|nocheck)/, /^packages\/.*\.[cm]?tsx?$/)).toEqual([]);
  });
});

describe.each(publishedPackages)("$manifest.name", ({ folder, path, manifest }) => {
  test("says what it is, on which Node.js it runs and under which licence", () => {
    expect(manifest.name).toBe(`@tracelake/${folder}`);
    expect(manifest.description).toMatch(/\.$/);
    expect(manifest.license).toBe("Apache-2.0");
    expect(manifest.engines).toEqual(rootManifest.engines);
    expect(manifest.publishConfig).toEqual({ access: "public" });
    expect(existsSync(join(path, "README.md"))).toBe(true);
    expect(readFileSync(join(path, "LICENSE"), "utf8")).toBe(readFileSync(join(root, "LICENSE"), "utf8"));
  });

  test("is ESM and CommonJS, with the types of each named first", () => {
    expect(manifest.type).toBe("module");
    const entries = Object.values(manifest.exports ?? {}).filter((entry) => typeof entry !== "string");
    expect(entries.length).toBeGreaterThan(0);
    for (const entry of entries) {
      const { import: esm, require: cjs } = entry as Record<string, Record<string, string>>;
      expect(Object.keys(entry as object)).toEqual(["import", "require"]);
      expect(Object.keys(esm ?? {})).toEqual(["types", "default"]);
      expect(Object.keys(cjs ?? {})).toEqual(["types", "default"]);
    }
  });

  test("publishes its build, README and licence and nothing else", () => {
    const commands = manifest.bin === undefined ? [] : ["bin"];
    expect(manifest.files).toEqual([...commands, "dist", "README.md", "LICENSE"]);
  });

  test("tells bundlers whether importing it does anything", () => {
    expect(manifest.sideEffects).toBeDefined();
  });
});

describe("versions", () => {
  const versions = new Map(packages.map(({ manifest }) => [manifest.name, manifest.version]));

  test.each([...packages, ...examples])("$manifest.name asks for this repository's own packages", ({ manifest }) => {
    const asked = Object.entries({
      ...manifest.dependencies,
      ...manifest.devDependencies,
      ...manifest.peerDependencies,
    });
    for (const [name, version] of asked.filter(([name]) => name.startsWith("@tracelake/"))) {
      expect(version, name).toBe(versions.get(name));
    }
  });

  test.each([...packages, ...examples])("$manifest.name pins what it installs", ({ manifest }) => {
    const pinned = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(pinned.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
  });

  test("one third party has one version across the repository", () => {
    const seen = new Map<string, Set<string>>();
    for (const { manifest } of [...packages, ...examples, { manifest: rootManifest }]) {
      for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
        seen.set(name, (seen.get(name) ?? new Set()).add(version));
      }
    }
    expect([...seen].filter(([, found]) => found.size > 1).map(([name]) => name)).toEqual([]);
  });
});
