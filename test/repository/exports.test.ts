import { execFileSync } from "node:child_process";
import { join } from "node:path";
import ts from "typescript";
import { beforeAll, describe, expect, test } from "vitest";
import { publishedPackages, root, type Package } from "./tree.ts";

/** The names a process gets from the build, in the order of the alphabet. */
const valuesAtRunTime = (entry: string): string[] => {
  const load = entry.endsWith(".cjs") ? `require(${JSON.stringify(entry)})` : `await import(${JSON.stringify(entry)})`;
  const script = `process.stdout.write(JSON.stringify(Object.keys(${load}).toSorted()))`;
  const kind = entry.endsWith(".cjs") ? "commonjs" : "module";
  const output = execFileSync(process.execPath, [`--input-type=${kind}`, "-e", script], { encoding: "utf8" });
  return JSON.parse(output) as string[];
};

const kinds: ReadonlyArray<readonly [ts.SymbolFlags, string]> = [
  [ts.SymbolFlags.Class, "class"],
  [ts.SymbolFlags.Function, "function"],
  [ts.SymbolFlags.Variable, "const"],
  [ts.SymbolFlags.Interface, "interface"],
  [ts.SymbolFlags.TypeAlias, "type"],
];

interface PublicName {
  readonly name: string;
  readonly kinds: readonly string[];
  readonly isValue: boolean;
  /** Whether a comment says in words what it is. */
  readonly isExplained: boolean;
}

/** What the declarations of a build say that it exports. */
const declaredNames = (entry: string): PublicName[] => {
  const program = ts.createProgram([entry], {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    types: ["node"],
    typeRoots: [join(root, "node_modules/@types")],
    skipLibCheck: true,
    noEmit: true,
  });
  const checker = program.getTypeChecker();
  const file = program.getSourceFile(entry);
  const module = file === undefined ? undefined : checker.getSymbolAtLocation(file);
  if (module === undefined) throw new Error(`${entry} is not there or no module. Run npm run build first.`);
  return checker
    .getExportsOfModule(module)
    .map((exported) => {
      const symbol = (exported.flags & ts.SymbolFlags.Alias) === 0 ? exported : checker.getAliasedSymbol(exported);
      return {
        name: exported.name,
        kinds: kinds.filter(([flag]) => (symbol.flags & flag) !== 0).map(([, kind]) => kind),
        isValue: (symbol.flags & ts.SymbolFlags.Value) !== 0,
        isExplained: symbol.getDocumentationComment(checker).length > 0,
      };
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
};

const entriesOf = ({ folder, path, manifest }: Package) =>
  Object.keys(manifest.exports ?? {})
    .filter((subpath) => subpath !== "./package.json")
    .map((subpath) => {
      const entry = subpath === "." ? "index" : subpath.slice(2);
      const list = subpath === "." ? folder : `${folder}.${entry}`;
      // What is for Vitest imports it, and it can be loaded by its own runs alone.
      const isLoadable = subpath !== "./vitest";
      return { name: manifest.name + subpath.slice(1), build: join(path, "dist", entry), list, isLoadable };
    });

describe.each(publishedPackages.flatMap(entriesOf))("$name", ({ build, list, isLoadable }) => {
  let declared: PublicName[];

  beforeAll(() => {
    declared = declaredNames(`${build}.d.ts`);
  });

  test("exports the names that are written down (npm run update:exports writes them)", async () => {
    const lines = declared.map(({ name, kinds: found }) => `${name}: ${found.join(" and ")}`);
    await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot(`exports/${list}.txt`);
  });

  test("says of each name in a doc comment what it is", () => {
    expect(declared.filter(({ isExplained }) => !isExplained).map(({ name }) => name)).toEqual([]);
  });

  test("has the same names as ESM, as CommonJS and in the declarations of both", () => {
    const values = declared.filter(({ isValue }) => isValue).map(({ name }) => name);

    if (isLoadable) {
      expect(valuesAtRunTime(`${build}.js`)).toEqual(values);
      expect(valuesAtRunTime(`${build}.cjs`)).toEqual(values);
    }
    expect(declaredNames(`${build}.d.cts`)).toEqual(declared);
  });
});
