const { readdirSync, readFileSync } = require("node:fs");
const path = require("node:path");

/**
 * Which way the packages look. A row says everything a package's sources may import; what is not in a row is refused,
 * and so is a package without a row.
 *
 * - `packages`: packages of this repository, by their public name only.
 * - `modules`: third parties, as patterns of their names.
 * - `typesOnly`: third parties of which only types may be imported.
 * - `noBuiltins`: Node's modules that would break what the package promises.
 */
const packageRows = {
  wire: {
    packages: [],
    modules: ["zod"],
    noBuiltins: [
      "fs",
      "net",
      "tls",
      "dgram",
      "dns",
      "https?",
      "http2",
      "child_process",
      "worker_threads",
      "process",
      "os",
    ],
  },
  tracing: { packages: ["wire"], modules: ["@opentelemetry/api"] },
  "workspace-client": {
    packages: ["wire"],
    modules: ["oauth4webapi", "@databricks/sql", "@databricks/sdk-experimental"],
  },
  "uc-exporter": {
    packages: ["tracing", "workspace-client", "wire"],
    modules: ["@opentelemetry/(api|context-async-hooks)"],
    typesOnly: ["@opentelemetry/(api-logs|sdk-logs|sdk-metrics)"],
  },
  // Vitest is the optional peer of the entry `@tracelake/monitor/vitest` alone.
  monitor: { packages: ["workspace-client", "wire"], modules: ["vitest", "@vitest/[^/]+"] },
  "local-workspace": {
    packages: ["wire"],
    modules: ["@duckdb/node-api", "@polyglot-sql/sdk", "apache-arrow", "hono", "@hono/node-server", "zod"],
  },
  cli: {
    packages: ["wire", "workspace-client", "local-workspace", "monitor"],
    modules: ["commander"],
  },
};

/** The row of a plugin: of the frameworks that its own package.json names as peers it may import types. */
const pluginRow = (folder) => {
  const manifest = JSON.parse(readFileSync(path.join(__dirname, "packages", folder, "package.json"), "utf8"));
  const typesOnly = Object.keys(manifest.peerDependencies ?? {}).filter((name) => name !== "@opentelemetry/api");
  return { packages: ["uc-exporter"], modules: ["@opentelemetry/api"], typesOnly };
};

const plugins = readdirSync(path.join(__dirname, "packages")).filter((folder) =>
  /^(autolog-.+|langchain-callback)$/.test(folder),
);
const rows = { ...packageRows, ...Object.fromEntries(plugins.map((folder) => [folder, pluginRow(folder)])) };

const anyOf = (patterns) => (patterns.length === 0 ? "(?!)" : `(${patterns.join("|")})`);
const isTest = "(\\.test\\.ts$|^packages/[^/]+/(test|bench)/)";

/** The sources that users get: not the tests beside them. */
const sourcesOf = (folder) => ({ path: `^packages/${folder}/src/`, pathNot: "\\.test\\.ts$" });

const arrowsOf = ([name, { packages, modules, typesOnly = [], noBuiltins = [] }]) => [
  {
    name: `${name}: other packages`,
    comment: "The package imports another one that its row in .dependency-cruiser.cjs does not allow.",
    severity: "error",
    from: sourcesOf(name),
    to: { path: "^packages/", pathNot: `^packages/${anyOf([name, ...packages])}/` },
  },
  {
    name: `${name}: third parties`,
    comment: "The package imports a third party that its row in .dependency-cruiser.cjs does not allow.",
    severity: "error",
    from: sourcesOf(name),
    to: { path: "node_modules/", pathNot: `node_modules/${anyOf([...modules, ...typesOnly])}/` },
  },
  {
    name: `${name}: types only`,
    comment: "Only types of this third party may be imported: it must not be loaded at run time.",
    severity: "error",
    from: sourcesOf(name),
    to: { path: `node_modules/${anyOf(typesOnly)}/`, dependencyTypesNot: ["type-only"] },
  },
  {
    name: `${name}: builtins`,
    comment: "The package promises to do no I/O.",
    severity: "error",
    from: sourcesOf(name),
    to: { path: `^(node:)?${anyOf(noBuiltins)}(/|$)`, dependencyTypes: ["core"] },
  },
];

/** @type {import("dependency-cruiser").IConfiguration} */
module.exports = {
  forbidden: [
    ...Object.entries(rows).flatMap(arrowsOf),
    {
      name: "package without a row",
      comment: "Say in .dependency-cruiser.cjs what this package may import.",
      severity: "error",
      from: {
        path: "^packages/",
        pathNot: `^packages/${anyOf(Object.keys(rows))}/`,
      },
      to: {},
    },
    {
      name: "schemas apart",
      comment:
        "zod takes long to load: only `@tracelake/wire/schemas` leads to it, and nothing that sends imports that.",
      severity: "error",
      from: {
        path: "^packages/(wire|tracing|uc-exporter)/src/",
        pathNot: ["^packages/wire/src/schemas", "\\.test\\.ts$"],
      },
      to: { path: ["node_modules/zod/", "^packages/wire/src/schemas"], dependencyTypesNot: ["type-only"] },
    },
    {
      name: "public name only",
      comment: "Another package is imported by a name that its `exports` have, never by a path into it.",
      severity: "error",
      from: { path: "^(packages|examples)/([^/]+)/" },
      to: { path: "^packages/", pathNot: ["^$1/$2/", "^packages/[^/]+/src/(index|schemas|sending|plugin)\\.ts$"] },
    },
    {
      name: "no path to another package",
      comment: "A relative path leaves the package. Import the other package by its name.",
      severity: "error",
      from: { path: "^(packages|examples)/([^/]+)/" },
      // An example that another one uses by its name has no type of its own here; a path would be `local`.
      to: { path: "^(packages|examples)/", pathNot: "^$1/$2/", dependencyTypesNot: ["aliased", "npm", "undetermined"] },
    },
    {
      name: "no cycle",
      comment: "Files import each other in a circle. Imports of types alone do not count.",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "no orphan",
      comment: "Nothing imports this file and it imports nothing.",
      severity: "error",
      from: {
        orphan: true,
        path: "^packages/[^/]+/src/",
        pathNot: "/src/(index|bin|vitest|schemas|sending|plugin)\\.ts$",
      },
      to: {},
    },
    {
      name: "no development dependency in sources",
      comment: "Users do not get development dependencies.",
      severity: "error",
      from: { path: "^packages/[^/]+/src/", pathNot: "\\.test\\.ts$" },
      to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["npm-peer"] },
    },
    {
      name: "declared dependencies only",
      comment: "The package's own package.json does not name this third party.",
      severity: "error",
      from: { path: "^packages/[^/]+/src/", pathNot: "\\.test\\.ts$" },
      // Of an optional peer only types are used, and those are there for whoever has it.
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown"], dependencyTypesNot: ["type-only"] },
    },
    {
      name: "no test in sources",
      severity: "error",
      from: { pathNot: ["(^|/)test/", isTest] },
      to: { path: isTest },
    },
    {
      name: "resolvable",
      comment: "What test/versions and test/versions-langchain compare is installed apart from here.",
      severity: "error",
      from: { pathNot: "^test/versions(-langchain)?/programs/" },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: "specify",
    combinedDependencies: false,
    preserveSymlinks: false,
    doNotFollow: { path: ["node_modules", "/dist/"] },
    exclude: { path: ["/dist/", "/\\.venv/", "/\\.cache/"] },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "types", "node", "default"],
      extensions: [".ts", ".js", ".cjs", ".mjs", ".d.ts", ".json"],
    },
  },
};
