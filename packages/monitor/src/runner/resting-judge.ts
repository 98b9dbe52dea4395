import { ErrorCode, TracelakeError } from "@tracelake/wire";
import type { JudgeClient, JudgeReply, JudgeRequest } from "../scorer.ts";
import type { MonitorProblem } from "./monitor-options.ts";

const firstRestMillis = 1_000;
const longestRestMillis = 60_000;

const codesOfJudge: ReadonlySet<ErrorCode> = new Set([
  ErrorCode.JUDGE_BUDGET_EXHAUSTED,
  ErrorCode.WORKSPACE_UNAUTHENTICATED,
  ErrorCode.WORKSPACE_FORBIDDEN,
  ErrorCode.WORKSPACE_NOT_FOUND,
  ErrorCode.WORKSPACE_UNAVAILABLE,
]);

const isOfJudge = (error: unknown): error is TracelakeError =>
  TracelakeError.isInstance(error) && (codesOfJudge.has(error.code) || error.code.startsWith("CONFIG_"));

interface Rest {
  readonly error: TracelakeError;
  readonly millis: number;
  /** By a clock that nobody sets. */
  readonly untilMillis: number;
}

/** The judge as one scoring asks it. */
export interface JudgeTurn {
  readonly judge: JudgeClient;
  /** Whether it was asked in vain, which says nothing of what it was asked about. */
  readonly wasInVain: () => boolean;
}

/** To whom a judge that cannot be asked is told. */
export interface RestingJudgeOptions {
  readonly tell: (problem: MonitorProblem) => void;
  /** Whether the run goes on until the judge can be asked. */
  readonly waits: boolean;
}

/**
 * A judge whose models rest while they cannot be asked: a spent budget, a wrong key, an endpoint that is down. Questions to
 * a model at rest fail at once; it is asked again ever more rarely, and what failed meanwhile says nothing of any trace.
 */
export class RestingJudge {
  readonly #judge: JudgeClient;
  readonly #options: RestingJudgeOptions;
  /** Of models that have not answered since. */
  readonly #rests = new Map<string, Rest>();
  readonly #answeredMillis = new Map<string, number>();

  constructor(judge: JudgeClient, options: RestingJudgeOptions) {
    this.#judge = judge;
    this.#options = options;
  }

  turn(): JudgeTurn {
    let wasInVain = false;
    const ask: JudgeClient["ask"] = async (request, signal) => {
      try {
        return await this.#ask(request, signal);
      } catch (error) {
        // A scorer that has run out of its time says that of itself.
        wasInVain ||= isOfJudge(error) && signal?.aborted !== true;
        throw error;
      }
    };
    return { judge: { defaultModel: this.#judge.defaultModel, ask }, wasInVain: () => wasInVain };
  }

  async #ask(request: JudgeRequest, signal: AbortSignal | undefined): Promise<JudgeReply> {
    const { model } = request;
    const begunMillis = performance.now();
    const rest = this.#rests.get(model);
    if (rest !== undefined && begunMillis < rest.untilMillis) throw rest.error;
    try {
      const reply = await this.#judge.ask(request, signal);
      this.#answeredMillis.set(model, performance.now());
      this.#rests.delete(model);
      return reply;
    } catch (error) {
      if (isOfJudge(error) && signal?.aborted !== true) this.#failed(model, begunMillis, error);
      throw error;
    }
  }

  #failed(model: string, begunMillis: number, error: TracelakeError): void {
    const nowMillis = performance.now();
    const rest = this.#rests.get(model);
    // Whoever asked before the rest began says nothing new.
    if (rest !== undefined && begunMillis < rest.untilMillis) return;
    if (rest === undefined) this.#say(error);
    // Where others were answered meanwhile, it is one question that the model does not take.
    if ((this.#answeredMillis.get(model) ?? -Infinity) > begunMillis) return;
    const millis = rest === undefined ? firstRestMillis : Math.min(2 * rest.millis, longestRestMillis);
    this.#rests.set(model, { error, millis, untilMillis: nowMillis + millis });
  }

  #say(cause: TracelakeError): void {
    const { tell, waits } = this.#options;
    const what = waits ? "The judge is asked again later" : "The judge cannot be asked, and its scorings are put off";
    tell({ message: `${what}: ${cause.message}`, cause });
  }
}
