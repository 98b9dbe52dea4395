import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** Where one test's applications live: their working directory, their spool, and what they promised. */
export class Site {
  readonly path = mkdtempSync(join(tmpdir(), "tracelake-faults-"));
  readonly spool = join(this.path, "spool");
  readonly log = join(this.path, "promised.log");

  /** Files in the spool, relative to it. */
  spoolFiles(): string[] {
    if (!existsSync(this.spool)) return [];
    return readdirSync(this.spool, { recursive: true, encoding: "utf8" }).filter((name) => {
      const path = join(this.spool, name);
      return existsSync(path) && statSync(path).isFile();
    });
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** What an application under test is given. */
export interface AppOptions {
  readonly site: Site;
  /** The body of a module; everything that `app-kit.mjs` exports can be used in it. */
  readonly script: string;
  /** `undefined` for no setting: the default holds. */
  readonly durability?: "memory" | "spill" | "journal" | "journal+fsync";
  /** Where it sends to: a workspace's address, with the location `main.agents.faults`. */
  readonly host?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** A command in front of Node.js, such as `prlimit --fsize=…`. */
  readonly wrapper?: readonly string[];
  readonly nodeArguments?: readonly string[];
  /** The script stands alone: the kit, which imports the exporter, is not there. */
  readonly isBare?: boolean;
}

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
  /** Everything that the application said. */
  readonly said: readonly unknown[];
}

const kit = new URL("app-kit.mjs", import.meta.url).href;
const kitNames =
  "tracelake, issue, issueRaw, openTelemetry, figures, noteDurable, pause, until, isSettled, allExported, say, listen";
let scripts = 0;
const running = new Set<ChildProcess>();

/** Ends what tests that failed have left running. */
export const killAll = (): void => {
  for (const child of running) child.kill("SIGKILL");
};

/** An application under test: a process of its own. */
export class App {
  readonly process: ChildProcess;
  readonly ended: Promise<Ending>;
  readonly #said: unknown[] = [];
  readonly #waiting = new Set<() => void>();
  #hasEnded = false;

  constructor(options: AppOptions) {
    const {
      site,
      script,
      durability,
      host,
      environment = {},
      wrapper = [],
      nodeArguments = [],
      isBare = false,
    } = options;
    mkdirSync(site.path, { recursive: true });
    const file = join(site.path, `app-${++scripts}.mjs`);
    const imports = isBare ? "" : `import { ${kitNames} } from ${JSON.stringify(kit)};\n`;
    writeFileSync(file, `${imports}${script}\n`);
    const command = [...wrapper, process.execPath, ...nodeArguments, file];
    this.process = spawn(command[0] ?? process.execPath, command.slice(1), {
      cwd: site.path,
      stdio: ["pipe", "pipe", "pipe"],
      env: {
        PATH: process.env["PATH"] ?? "",
        HOME: site.path,
        FAULTS_LOG: site.log,
        TRACELAKE_SPOOL_DIRECTORY: site.spool,
        ...(durability === undefined ? {} : { TRACELAKE_DURABILITY: durability }),
        ...(host === undefined
          ? {}
          : {
              DATABRICKS_HOST: host,
              DATABRICKS_TOKEN: "faults-token",
              MLFLOW_TRACING_DESTINATION: "main.agents.faults",
            }),
        ...environment,
      },
    });
    running.add(this.process);
    this.process.once("close", () => running.delete(this.process));
    this.ended = this.#watch(this.process);
  }

  /** Resolves with the first line that has this key, also where it was said before. */
  async hears(key: string): Promise<Record<string, unknown>> {
    for (;;) {
      const found = this.#said.find((line): line is Record<string, unknown> => isRecord(line) && key in line);
      if (found !== undefined) return found;
      if (this.#hasEnded) {
        const { code, signal, stderr } = await this.ended;
        throw new Error(`The application ended with ${signal ?? code} before it said "${key}": ${stderr}`);
      }
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  /** A line for the application's `listen()`. */
  tell(line = "go"): void {
    this.process.stdin?.write(`${line}\n`);
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<Ending> {
    this.process.kill(signal);
    return this.ended;
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  async #watch(child: ChildProcess): Promise<Ending> {
    let stderr = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.stdin?.on("error", () => undefined);
    if (child.stdout !== null) {
      createInterface({ input: child.stdout }).on("line", (text) => {
        this.#said.push(parsed(text));
        this.#wake();
      });
    }
    const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
    this.#hasEnded = true;
    this.#wake();
    return { code, signal, stderr, said: this.#said };
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
};

export const startApp = (options: AppOptions): App => new App(options);

/** Runs an application to its end. */
export const runApp = (options: AppOptions): Promise<Ending> => startApp(options).ended;
