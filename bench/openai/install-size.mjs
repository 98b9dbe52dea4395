/** What an application that has `openai` already gets on its disk when it installs a way of recording, to send it somewhere. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// With OpenTelemetry's parts that are needed to send spans, where the package has none of its own.
const api = "@opentelemetry/api@1.9.1";
const sdk = [api, "@opentelemetry/sdk-trace-node@2.12.0", "@opentelemetry/exporter-trace-otlp-proto@0.223.0"];
const packagesOf = {
  openInference: ["@arizeai/openinference-instrumentation-openai@4.2.7", ...sdk],
  traceloop: ["@traceloop/instrumentation-openai@0.27.0", ...sdk],
  openTelemetry: ["@opentelemetry/instrumentation-openai@0.22.0", ...sdk],
  langfuse: ["@langfuse/openai@5.11.1", "@langfuse/otel@5.11.1", ...sdk],
  langSmith: ["langsmith@0.12.0"],
  braintrust: ["braintrust@3.35.0"],
  sentry: ["@sentry/node@11.12.0"],
};

const weigh = (folder) => {
  const total = { packages: 0, bytes: 0 };
  const visit = (path) => {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      const inner = join(path, entry.name);
      if (entry.isDirectory()) visit(inner);
      else if (entry.isFile()) total.bytes += statSync(inner).size;
    }
  };
  visit(join(folder, "node_modules"));
  const installed = JSON.parse(readFileSync(join(folder, "node_modules/.package-lock.json"), "utf8"));
  total.packages = Object.keys(installed.packages).length;
  return total;
};

const install = (packages) => {
  const folder = mkdtempSync(join(tmpdir(), "tracelake-install-size-"));
  try {
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "application", private: true }));
    const flags = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    // Some want a newer API than the SDK allows; what is there of it is all the same.
    flags.push("--legacy-peer-deps");
    execFileSync("npm", ["install", ...flags, ...packages], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
    return weigh(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Packages and bytes that each contestant adds to an application with `openai`; ours is installed from `tarballs`. */
export const measureInstalls = (names, tarballs) => {
  const client = "openai@6.49.0";
  const alone = install([client]);
  const added = names.flatMap((name) => {
    const packages = name === "ours" ? [...tarballs, api] : packagesOf[name];
    if (packages === undefined) return [];
    const whole = install([client, ...packages]);
    return [[name, { packages: whole.packages - alone.packages, bytes: whole.bytes - alone.bytes }]];
  });
  return Object.fromEntries(added);
};
