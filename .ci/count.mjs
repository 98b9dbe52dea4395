/**
 * Adds up the steps of `.ci/run`: prints what failed and then `N passed, N failed`, and exits with 1 where anything did.
 * A step with a Vitest report counts its tests; one without counts as one; a crash counts as one failure.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const [folder] = process.argv.slice(2);

const countOf = (name) => {
  const code = Number(readFileSync(join(folder, `${name}.exit`), "utf8"));
  const reportFile = join(folder, `${name}.json`);
  const hasCrashed = code !== 0;
  if (!existsSync(reportFile)) return { passed: hasCrashed ? 0 : 1, failed: hasCrashed ? 1 : 0 };

  const report = JSON.parse(readFileSync(reportFile, "utf8"));
  const unloadable = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === "failed" && !assertionResults.some((result) => result.status === "failed"),
  );
  const failed = report.numFailedTests + unloadable.length;
  return { passed: report.numPassedTests, failed: hasCrashed ? Math.max(failed, 1) : failed };
};

const total = { passed: 0, failed: 0 };
for (const name of readdirSync(folder).flatMap((file) => (file.endsWith(".exit") ? [file.slice(0, -5)] : []))) {
  const { passed, failed } = countOf(name);
  if (failed > 0) process.stdout.write(`Failed: ${name} (${failed})\n`);
  // An install that went well proves nothing by itself.
  total.passed += name === "install" ? 0 : passed;
  total.failed += failed;
}

process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
process.exitCode = total.failed === 0 ? 0 : 1;
