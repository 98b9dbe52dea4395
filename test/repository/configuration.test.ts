import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import { environmentSettings } from "../../packages/workspace-client/src/credentials/select-credentials.ts";
import { keptFiles, root } from "./tree.ts";

interface Reading {
  /** Names in the source itself. */
  readonly names: readonly string[];
  /** Whether a name is computed somewhere. */
  readonly isComputed: boolean;
  /** The texts of the file, among which are the names that are computed. */
  readonly texts: readonly string[];
}

const isEnvironment = (node: ts.Node | undefined): boolean =>
  node !== undefined && /(^|\.)env(ironment)?$/.test(node.getText());

const isEnvironmentType = (node: ts.Node | undefined): boolean => node?.getText() === "NodeJS.ProcessEnv";

/** What a source reads of the environment, whose values are called `env` or `environment` throughout. */
const readingOf = (path: string): Reading => {
  const file = ts.createSourceFile(path, readFileSync(join(root, path), "utf8"), ts.ScriptTarget.Latest, true);
  const names: string[] = [];
  const texts: string[] = [];
  let isComputed = false;
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteral(node)) texts.push(node.text);
    if (ts.isElementAccessExpression(node) && isEnvironment(node.expression)) {
      if (ts.isStringLiteral(node.argumentExpression)) names.push(node.argumentExpression.text);
      else isComputed = true;
    }
    if (ts.isPropertyAccessExpression(node) && isEnvironment(node.expression)) names.push(node.name.text);
    if ((ts.isVariableDeclaration(node) || ts.isParameter(node)) && ts.isObjectBindingPattern(node.name)) {
      if (isEnvironment(node.initializer) || isEnvironmentType(node.type)) {
        names.push(...node.name.elements.map(({ name, propertyName }) => (propertyName ?? name).getText()));
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return { names, isComputed, texts };
};

const sources = keptFiles().filter((path) => /^packages\/[^/]+\/src\/.*(?<!\.test)\.ts$/.test(path));
const readings = new Map(sources.map((path) => [path, readingOf(path)]));

const upperCase = /^[A-Z][A-Z0-9_]*$/;

/** Where names are computed, and how they come out of the texts of the file. */
const computed: Readonly<Record<string, (texts: readonly string[]) => readonly string[]>> = {
  "packages/cli/src/options/judge-options.ts": (texts) =>
    texts.filter((text) => upperCase.test(text)).flatMap((name) => [name, `${name}_<PROVIDER>`]),
  "packages/uc-exporter/src/pipeline/read-settings.ts": (texts) => texts.filter((text) => upperCase.test(text)),
  "packages/workspace-client/src/environment-destination.ts": (texts) => texts.filter((text) => upperCase.test(text)),
  // Settings have the names that they have in a profile.
  "packages/workspace-client/src/credentials/select-credentials.ts": (texts) =>
    texts
      .filter((text) => /^(token|[a-z]+(_[a-z]+)+)$/.test(text))
      .map((name) => environmentSettings({}).describe(name)),
};

test("names of variables are computed in known files only", () => {
  expect([...readings].filter(([, { isComputed }]) => isComputed).map(([path]) => path)).toEqual(
    Object.keys(computed).toSorted(),
  );
});

test("docs/configuration.md names the variables that the sources read, and no others", () => {
  const read = new Set(
    [...readings].flatMap(([path, { names, texts }]) => [...names, ...(computed[path]?.(texts) ?? [])]),
  );
  const rows = readFileSync(join(root, "docs/configuration.md"), "utf8").matchAll(/^\| (`[A-Z][^|]*)\|/gm);
  const documented = new Set(
    [...rows].flatMap(([, cell = ""]) => [...cell.matchAll(/`([\w<>]+)`/g)].map(([, name]) => name)),
  );

  expect(documented).toEqual(read);
});
