import { Command } from "commander";
import { ErrorCode, TracelakeError, type UnityCatalogLocation } from "@tracelake/wire";
import { CheckStatus, type Check } from "../doctor/check.ts";
import { errorCheck } from "../doctor/error-check.ts";
import { examine, type ExamineOptions } from "../doctor/examine.ts";
import { AlreadyReported } from "../exit-code.ts";
import { checksJson, renderCheck } from "../output/check-list.ts";
import { countOf } from "../output/messages.ts";
import { withProgress } from "../output/progress.ts";
import { renderJson } from "../output/query-output.ts";
import type { Terminal } from "../terminal.ts";
import { openWorkspace, type Workspace } from "../workspace/open-workspace.ts";
import { directoryOption, locationOption } from "../options/shared-options.ts";
import { experimentOption, jsonOption, profileOption, warehouseOption } from "../options/workspace-options.ts";

interface DoctorOptions extends ExamineOptions {
  readonly location?: UnityCatalogLocation;
  readonly json?: boolean;
}

const examples = `
Examples:
  $ tracelake doctor
  $ tracelake doctor --location main.agents.shop --no-canary
  $ tracelake doctor --json

It reads the same settings as agents do: run it where the agent runs, as the agent. It ends with 1 where anything is ✗.`;

/** `tracelake doctor`: why traces do not arrive, and what to run. */
export const doctorCommand = (terminal: Terminal): Command =>
  new Command("doctor")
    .description("Look at each step on a trace's way, and say what to run where one fails")
    .addOption(locationOption("the location (default: the one that agents here write to)"))
    .addOption(experimentOption())
    .addOption(warehouseOption())
    .addOption(profileOption())
    .addOption(directoryOption())
    .option("--no-canary", "write no span")
    .addOption(jsonOption())
    .addHelpText("after", examples)
    .action(async (options: DoctorOptions) => {
      const checks: Check[] = [];
      const report = (check: Check): void => {
        checks.push(check);
        if (options.json !== true) terminal.print(renderCheck(check, terminal.style));
      };
      const workspace = await open(terminal, options, report);
      try {
        if (workspace !== undefined) await examine({ workspace, options, environment: terminal.env }, report);
      } finally {
        await workspace?.close();
      }
      if (options.json === true) terminal.print(renderJson(checksJson(checks)));
      conclude(terminal, checks, options);
    });

const open = async (
  terminal: Terminal,
  options: DoctorOptions,
  report: (check: Check) => void,
): Promise<Workspace | undefined> => {
  try {
    return await withProgress(terminal, "Opening the workspace", () => openWorkspace(terminal, options));
  } catch (error) {
    const code = TracelakeError.isInstance(error) ? error.code : undefined;
    const isHost = code === ErrorCode.CONFIG_HOST_MISSING || code === ErrorCode.CONFIG_HOST_INVALID;
    const isCredentials = code === ErrorCode.CONFIG_CREDENTIALS_MISSING;
    report(errorCheck(isHost ? "host" : isCredentials ? "credentials" : "settings", error));
    return undefined;
  }
};

const conclude = (terminal: Terminal, checks: readonly Check[], { canary }: DoctorOptions): void => {
  const wrong = checks.filter(({ status }) => status === CheckStatus.FAILED).length;
  if (wrong > 0) {
    terminal.note(`${countOf(wrong, "thing")} to mend.`);
    throw new AlreadyReported();
  }
  terminal.note(canary === false ? "All that was looked at is well; no span was written." : "Traces arrive.");
};
