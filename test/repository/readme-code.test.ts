import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { keptFiles, root } from "./tree.ts";

interface CodeBlock {
  /** The page it stands in, relative to the root. */
  readonly page: string;
  /** The line of the page on which its first line of code stands, from 1. */
  readonly line: number;
  readonly code: string;
}

/** The TypeScript blocks of a page in Markdown. */
const blocksOf = (page: string, markdown: string): CodeBlock[] => {
  const blocks: CodeBlock[] = [];
  let open: { line: number; lines: string[]; isTypeScript: boolean } | undefined;
  for (const [index, text] of markdown.split("\n").entries()) {
    const fence = /^\s*(`{3,})(\S*)/.exec(text);
    if (fence === null) open?.lines.push(text);
    else if (open === undefined) {
      open = { line: index + 2, lines: [], isTypeScript: /^(ts|typescript)$/.test(fence[2] ?? "") };
    } else {
      if (open.isTypeScript) blocks.push({ page, line: open.line, code: open.lines.join("\n") });
      open = undefined;
    }
  }
  return blocks;
};

const options: ts.CompilerOptions = {
  module: ts.ModuleKind.NodeNext,
  target: ts.ScriptTarget.ES2023,
  lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts", "lib.decorators.d.ts"],
  types: ["node"],
  typeRoots: [join(root, "node_modules/@types")],
  strict: true,
  noUncheckedIndexedAccess: true,
  moduleDetection: ts.ModuleDetectionKind.Force,
  skipLibCheck: true,
  noEmit: true,
};

/** Type-checks blocks as modules that stand beside their page, and returns `page:line message` for every error. */
const errorsIn = (blocks: readonly CodeBlock[]): string[] => {
  const files = new Map(
    // Empty lines in front give every line of code the number it has in its page.
    blocks.map((block) => [join(root, `${block.page}.${block.line}.mts`), "\n".repeat(block.line - 1) + block.code]),
  );
  const disk = ts.createCompilerHost(options);
  const host: ts.CompilerHost = {
    ...disk,
    fileExists: (name) => files.has(name) || disk.fileExists(name),
    readFile: (name) => files.get(name) ?? disk.readFile(name),
    getSourceFile: (name, languageVersion) => {
      const code = host.readFile(name);
      return code === undefined ? undefined : ts.createSourceFile(name, code, languageVersion);
    },
  };
  const program = ts.createProgram([...files.keys()], options, host);

  return [...files.keys()].flatMap((name) => {
    const file = program.getSourceFile(name);
    const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
    return found.map(({ start, messageText }) => {
      const line = (file?.getLineAndCharacterOfPosition(start ?? 0).line ?? 0) + 1;
      const page = name.slice(root.length).replace(/\.\d+\.mts$/, "");
      return `${page}:${line} ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
    });
  });
};

describe("the check", () => {
  test("names the page and the line of an error", () => {
    const markdown = [
      "# Page",
      "",
      "```ts",
      `import { formatTraceId } from "@tracelake/wire";`,
      "const id: number = formatTraceId;",
      "```",
      "",
      "```js",
      "this is not looked at",
      "```",
      "",
      "```typescript",
      `import { noSuchName } from "@tracelake/wire";`,
      "await noSuchName();",
      "```",
    ].join("\n");

    const errors = errorsIn(blocksOf("packages/wire/PAGE.md", markdown));

    expect(errors.map((error) => error.split(" ")[0])).toEqual(["packages/wire/PAGE.md:5", "packages/wire/PAGE.md:13"]);
  });
});

describe("the code in the pages", () => {
  const pages = keptFiles().filter((path) =>
    /^(README\.md|(packages|examples)\/[^/]+\/README\.md|docs\/.*\.md)$/.test(path),
  );
  const blocks = pages.flatMap((page) => blocksOf(page, readFileSync(join(root, page), "utf8")));
  const errors = errorsIn(blocks);

  test("is found", () => {
    expect(blocks.length).toBeGreaterThan(0);
  });

  test.each(pages)("%s compiles against the built packages", (page) => {
    expect(errors.filter((error) => error.startsWith(`${page}:`))).toEqual([]);
  });
});
