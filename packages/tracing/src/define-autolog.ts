import type { TracerProvider } from "@opentelemetry/api";
import { safely, tracerOf } from "./runtime.ts";
import { startSpan, type SpanOptions } from "./start-span.ts";
import type { LiveSpan } from "./live-span.ts";
import { PatchedMethods, type MethodCall } from "./patched-methods.ts";
import { tell } from "./tell.ts";
import { isInstalled, watchModule, type ModuleCopy } from "./watch-module.ts";

/** What every plugin's `autolog` accepts. */
export interface AutologOptions {
  /** Records with this OpenTelemetry provider instead of Tracelake's own, and starts no exporter. */
  readonly tracerProvider?: TracerProvider;
}

/** What a plugin has done so far. */
export interface AutologStatus {
  readonly isInstalled: boolean;
  /** What was patched, in words: a module with its version, a class that was passed in. */
  readonly patched: readonly string[];
  /** How often each surface was called since. */
  readonly seen: Readonly<Record<string, number>>;
}

/** What a plugin is given to work with while it is installed. */
export interface AutologSession<Options extends AutologOptions> {
  readonly options: Options;
  /** Notes something patched, and how to take the patch back. */
  patched(target: string, undo: () => void): void;
  /**
   * Puts `call` in front of a method, once however often it is asked for; `target` says in words whose method it is. The
   * method keeps its name, its length and its properties, and gets its identity back at `unautolog()`, unless somebody
   * else has patched it since: theirs then stays, and the session starts no spans any more. A method that `owner` inherits
   * is patched for `owner` alone. `owner` is not kept alive. Once the plugin is not installed any more nothing is patched.
   */
  patchMethod(target: string, owner: object, method: string, call: MethodCall): void;
  /** Has {@link watchModule} hand over every build of a package while the plugin is installed. Once for each package. */
  watchModule(packageName: string, onCopy: (copy: ModuleCopy) => void): void;
  /**
   * Starts the span of one observed call and counts it; `undefined` where none can be had or the plugin is not installed
   * any more: the call is then to be made as if there were no plugin.
   */
  startSpan(surface: string, options: () => Omit<SpanOptions, "tracerProvider">): LiveSpan | undefined;
}

/** One framework's plugin. */
export interface AutologDefinition<Options extends AutologOptions> {
  /** The framework's name, for messages. */
  readonly name: string;
  /** Patches the framework. Called at the first `autolog()`, and again for later ones, whose options may name more to patch. */
  install(session: AutologSession<Options>): void;
  /** What to do where nothing could be patched: one sentence, told once on stderr. */
  readonly remedy?: string;
}

/** `autolog()` of a plugin. */
export interface Autolog<Options extends AutologOptions> {
  (options?: Options): void;
  status(): AutologStatus;
}

/** The two functions a plugin exports. */
export interface DefinedAutolog<Options extends AutologOptions> {
  readonly autolog: Autolog<Options>;
  readonly unautolog: () => void;
}

interface Installed<Options> {
  options: Options;
  /** What was patched, in words, and how to take back what the plugin patched itself. */
  readonly patched: Map<string, (() => void)[]>;
  readonly seen: Map<string, number>;
  readonly methods: PatchedMethods;
  readonly watches: Map<string, () => void>;
  /** Packages that may still turn up: they are installed, and no build of them was seen yet. */
  readonly awaitedPackages: Set<string>;
  hasComplained: boolean;
}

/**
 * Makes a plugin from its definition. The kit owns what all plugins share: starting the exporter, being idempotent,
 * counting, undoing, and never throwing into the application.
 *
 * The state is kept under the plugin's name for the whole process, so that the ESM and the CommonJS build are one.
 */
export const defineAutolog = <Options extends AutologOptions = AutologOptions>(
  definition: AutologDefinition<Options>,
): DefinedAutolog<Options> => {
  const key = Symbol.for(`tracelake.autolog.${definition.name}.1`);
  const held = (): Installed<Options> | undefined => Reflect.get(globalThis, key) as Installed<Options> | undefined;

  const autolog = (options?: Options): void => {
    const given = options ?? ({} as Options);
    const installed = held() ?? {
      options: given,
      patched: new Map(),
      seen: new Map(),
      methods: new PatchedMethods(),
      watches: new Map(),
      awaitedPackages: new Set(),
      hasComplained: false,
    };
    installed.options = { ...installed.options, ...given };
    Reflect.set(globalThis, key, installed);
    safely(() => tracerOf(installed.options.tracerProvider), undefined);
    safely(() => definition.install(sessionOf(installed, held)), undefined);
    if (installed.patched.size === 0 && installed.awaitedPackages.size === 0) complainOnce(installed, definition);
  };

  const status = (): AutologStatus => {
    const installed = held();
    return {
      isInstalled: installed !== undefined,
      patched: [...(installed?.patched.keys() ?? [])],
      seen: Object.fromEntries(installed?.seen ?? []),
    };
  };

  const unautolog = (): void => {
    const installed = held();
    Reflect.deleteProperty(globalThis, key);
    for (const stop of installed?.watches.values() ?? []) safely(stop, undefined);
    for (const list of installed?.patched.values() ?? []) for (const undo of list.toReversed()) safely(undo, undefined);
    installed?.methods.bringBack();
  };

  return { autolog: Object.assign(autolog, { status }), unautolog };
};

const sessionOf = <Options extends AutologOptions>(
  installed: Installed<Options>,
  held: () => Installed<Options> | undefined,
): AutologSession<Options> => ({
  get options() {
    return installed.options;
  },
  patched: (target, undo) => notePatch(installed, target, undo),
  patchMethod(target, owner, method, call) {
    if (held() === installed && installed.methods.replace(owner, method, call)) notePatch(installed, target);
  },
  watchModule(packageName, onCopy) {
    if (installed.watches.has(packageName)) return;
    if (safely(() => isInstalled(packageName), true)) installed.awaitedPackages.add(packageName);
    const stop = watchModule(packageName, (copy) => {
      installed.awaitedPackages.delete(packageName);
      onCopy(copy);
    });
    installed.watches.set(packageName, stop);
  },
  startSpan(surface, options) {
    if (held() !== installed) return undefined;
    installed.seen.set(surface, (installed.seen.get(surface) ?? 0) + 1);
    const { tracerProvider } = installed.options;
    return safely(
      () => startSpan({ ...options(), ...(tracerProvider === undefined ? {} : { tracerProvider }) }),
      undefined,
    );
  },
});

const complainOnce = <Options extends AutologOptions>(
  installed: Installed<Options>,
  { name, remedy }: AutologDefinition<Options>,
): void => {
  if (installed.hasComplained) return;
  installed.hasComplained = true;
  const line = `autolog of ${name} has nothing to record: no copy of it can be found or patched.`;
  tell(remedy === undefined ? line : `${line} ${remedy}`);
};

const notePatch = <Options>({ patched }: Installed<Options>, target: string, ...undo: (() => void)[]): void => {
  const known = patched.get(target);
  if (known === undefined) patched.set(target, undo);
  else known.push(...undo);
};
