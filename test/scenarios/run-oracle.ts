import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** How the oracle is to run. */
export interface OracleRun {
  /** Where the program is, beside the LangChain that it loads. */
  readonly folder: string;
  readonly program: string;
  /** `LANGCHAIN_CALLBACKS_BACKGROUND`. */
  readonly background: string | undefined;
  readonly handler: "handler" | "autolog";
  readonly requests: number;
  readonly seed: number;
  /** The Node.js to run it with; this one unless given. */
  readonly node?: string;
}

/** What the oracle found. */
export interface OracleFindings {
  readonly requests: number;
  readonly runs: number;
  /** Spans that ended after everything was over. */
  readonly late: number;
  readonly wrong: number;
  readonly byName: Readonly<Record<string, number>>;
  readonly examples: readonly unknown[];
}

/** Runs the oracle on the built packages in a process of its own. */
export const runOracle = async (run: OracleRun): Promise<OracleFindings> => {
  const { LANGCHAIN_CALLBACKS_BACKGROUND: _, ...environment } = process.env;
  const { stdout } = await promisify(execFile)(run.node ?? process.execPath, [run.program], {
    cwd: run.folder,
    maxBuffer: 64 * 1024 * 1024,
    env: {
      ...environment,
      ...(run.background === undefined ? {} : { LANGCHAIN_CALLBACKS_BACKGROUND: run.background }),
      NODE_OPTIONS: "",
      HANDLER: run.handler,
      REQUESTS: String(run.requests),
      SEED: String(run.seed),
    },
  });
  return JSON.parse(stdout) as OracleFindings;
};
