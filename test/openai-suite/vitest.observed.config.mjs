// The checkout's own configuration, with our set-up in front. The path of the checkout is Vitest's working directory.
import { realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const checkout = process.cwd();
// The very Vite that the checkout's Vitest uses.
const vitest = realpathSync(join(checkout, "node_modules/vitest/package.json"));
const { loadConfigFromFile } = await import(pathToFileURL(createRequire(vitest).resolve("vite")).href);
const { config } = await loadConfigFromFile({ command: "serve", mode: "test" }, join(checkout, "vitest.config.mts"));

export default {
  ...config,
  root: checkout,
  test: {
    ...config.test,
    setupFiles: [...(config.test.setupFiles ?? []), fileURLToPath(new URL("vitest-setup.mjs", import.meta.url))],
  },
};
