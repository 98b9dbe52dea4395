import {
  defineAutolog,
  safely,
  type Autolog,
  type AutologOptions,
  type AutologSession,
  type DefinedAutolog,
} from "@tracelake/uc-exporter";
import { observeCall } from "./observe-call.ts";
import { recordRequest } from "./read-request.ts";
import { surfaces } from "./surfaces.ts";

/** What `autolog` of this package accepts. */
export interface OpenAIAutologOptions extends AutologOptions {
  /**
   * The `OpenAI` class, or what `import * as openai from "openai"` gives. Needed only where the client cannot be found: in
   * a bundle, or loaded in a way of your own.
   */
  readonly openai?: object;
  /** Records the vectors of embeddings instead of their length. Default `false`. */
  readonly embeddingVectors?: boolean;
}

type Session = AutologSession<OpenAIAutologOptions>;

const reach = (from: object, path: readonly string[]): object | undefined => {
  let reached: unknown = from;
  for (const name of path) {
    if ((typeof reached !== "object" && typeof reached !== "function") || reached === null) return undefined;
    reached = Reflect.get(reached, name);
  }
  return typeof reached === "function" && typeof reached.prototype === "object" ? reached.prototype : undefined;
};

/** The prototype of a resource's class, starting from the `OpenAI` class or a module that exports it. */
const findPrototype = (exports: object, classPath: readonly string[]): object | undefined =>
  [[], ["OpenAI"], ["default"]]
    .map((entry) => safely(() => reach(exports, [...entry, ...classPath]), undefined))
    .find((prototype) => prototype !== undefined);

const patchSurfaces = (session: Session, exports: object, description: string): void => {
  for (const [name, surface] of Object.entries(surfaces)) {
    const prototype = findPrototype(exports, surface.classPath);
    if (prototype === undefined) continue;
    session.patchMethod(description, prototype, surface.method, (original, resource, args) => {
      const call = (): unknown => Reflect.apply(original, resource, args);
      const span = session.startSpan(name, () => ({ name: surface.spanName, spanType: surface.spanType }));
      if (span === undefined) return call();
      if (!span.isRecording) return span.run(call);
      safely(() => recordRequest(span, surface, resource, args[0]), undefined);
      return observeCall(span, { surface, vectors: session.options.embeddingVectors === true }, call);
    });
  }
};

const defined: DefinedAutolog<OpenAIAutologOptions> = defineAutolog({
  name: "openai",
  install(session) {
    const { openai } = session.options;
    if (openai !== undefined && openai !== null) patchSurfaces(session, openai, "the class passed to autolog()");
    session.watchModule("openai", ({ exports, description }) => patchSurfaces(session, exports, description));
  },
});

/**
 * Makes every call of the `openai` client a trace from now on, for every copy of the client that is or will be loaded.
 * Calling it again changes nothing but the options it names. Never throws; `autolog.status()` says what was patched.
 */
export const autolog: Autolog<OpenAIAutologOptions> = defined.autolog;

/** Takes every patch back. Calls under way are still recorded to their end. */
export const unautolog: () => void = defined.unautolog;
