import { safely, type MethodCall } from "@tracelake/uc-exporter/plugin";
import { context, trace, type Span } from "@opentelemetry/api";
import { asNumber, isRecord, type JsonRecord } from "./json-record.ts";
import { observeCall } from "./observe-call.ts";
import { idleTimeoutOf, type Session } from "./options.ts";
import { isPlainData } from "./plain-data.ts";
import { recordRequest } from "./read-request.ts";
import { patchRunTools } from "./run-tools.ts";
import { surfaces } from "./surfaces.ts";
import type { Surface } from "./surface.ts";

const reach = (from: object, path: readonly string[]): object | undefined => {
  let reached: unknown = from;
  for (const name of path) {
    if ((typeof reached !== "object" && typeof reached !== "function") || reached === null) return undefined;
    reached = Reflect.get(reached, name);
  }
  return typeof reached === "function" && typeof reached.prototype === "object" ? reached.prototype : undefined;
};

/**
 * The prototype that has a method, starting from the `OpenAI` class or a module that exports it. The CommonJS build is a
 * function that makes clients, with a prototype of its own.
 */
const findPrototype = (exports: object, classPath: readonly string[], method: string): object | undefined =>
  [[], ["OpenAI"], ["default"]]
    .map((entry) => safely(() => reach(exports, [...entry, ...classPath]), undefined))
    .find((prototype) => prototype !== undefined && method in prototype);

/** The way from the `OpenAI` class to the class that has the method. Minifiers keep these names. */
const classPathOf = (resources: readonly string[]): string[] =>
  resources.map((name) => name.slice(0, 1).toUpperCase() + name.slice(1));

/** What a patch does with one call that is recorded. */
interface Call {
  readonly surface: Surface;
  readonly spanName: string;
  /** The resource or the client. */
  readonly target: unknown;
  readonly args: readonly unknown[];
  readonly make: (args: readonly unknown[]) => unknown;
}

/** What a call under way wants to know of the requests that it makes. */
interface CallUnderWay {
  /** Records the body that the client has written. Where it is not set, the call's arguments were recorded. */
  recordBody?: ((body: unknown) => void) | undefined;
}

const underWayKey = Symbol("tracelake.openai.call");

// A property of the span, by which a request finds the call that it belongs to: a weak map costs the garbage collector more.
interface WithCall {
  [underWayKey]?: CallUnderWay;
}

const observe = (session: Session, name: string, { surface, spanName, target, args, make }: Call): unknown => {
  const span = session.startSpan(name, () => ({ name: spanName, spanType: surface.spanType }));
  if (span === undefined) return make(args);
  if (!span.isRecording) return span.run(() => make(args));
  const underWay: CallUnderWay = {};
  if (Object.isExtensible(span.otelSpan)) (span.otelSpan as WithCall)[underWayKey] = underWay;
  const record = (given: readonly unknown[]) => safely(() => recordRequest(span, surface, target, given), undefined);
  const isPlain = safely(() => isPlainData(recordedOf(surface, args)), true);
  // A caller's getters and `toJSON` may tell that they run, so only the client runs them.
  if (!isPlain) underWay.recordBody = (body) => record(withBody(args, body));
  const parameters = isPlain ? record(args) : undefined;
  const withUsage =
    session.options.includeUsage === true ? safely(() => askForUsage(surface, parameters, args), undefined) : undefined;
  const { embeddingVectors: vectors = false } = session.options;
  const options = { surface, vectors, idleTimeoutMillis: idleTimeoutOf(session), hidesUsage: withUsage !== undefined };
  return observeCall(span, options, () => make(withUsage ?? args));
};

/** Where the body or query is among the arguments, after the ids in the path and before the client's own options. */
const bodyAt = (args: readonly unknown[]): number => args.findIndex((argument) => typeof argument !== "string");

/** What is recorded of the arguments, beside the ids. The client's options may reach agents and sockets. */
const recordedOf = ({ follows }: Surface, args: readonly unknown[]): unknown =>
  follows === "options" ? undefined : args[bodyAt(args)];

const withBody = (args: readonly unknown[], body: unknown): unknown[] => {
  const at = bodyAt(args);
  return args.map((argument, index) => (index === at ? body : argument));
};

/** The arguments with a wish for the tokens, where a stream would not tell them and the caller has no wish. */
const askForUsage = (
  surface: Surface,
  parameters: JsonRecord | undefined,
  [body, ...rest]: readonly unknown[],
): readonly unknown[] | undefined => {
  if (surface.hasOptionalUsage !== true || parameters?.["stream"] !== true || !isRecord(body)) return undefined;
  const { stream_options: wishes } = parameters;
  const isOpen = wishes === undefined || wishes === null || (isRecord(wishes) && wishes["include_usage"] === undefined);
  // What writes its own JSON would not be the same as a copy.
  if (!isOpen || "toJSON" in body) return undefined;
  return [{ ...body, stream_options: { ...wishes, include_usage: true } }, ...rest];
};

// Methods of resources end in a raw request, and some call themselves with other arguments: neither is a call of its own.
const surfacesUnderWay: string[] = [];

const insideResource = (name: string, call: () => unknown): unknown => {
  surfacesUnderWay.push(name);
  try {
    return call();
  } finally {
    surfacesUnderWay.pop();
  }
};

const patchSurface = (
  session: Session,
  exports: object,
  description: string,
  [name, surface]: [string, Surface],
): void => {
  const path = name.split(".");
  const method = path.pop() ?? "";
  const classPath = classPathOf(path);
  const prototype = findPrototype(exports, classPath, method);
  if (prototype === undefined) return;
  const spanName = classPath.at(-1) ?? name;
  session.patchMethod(description, prototype, method, (original, target, args) => {
    const make = (given: readonly unknown[]): unknown =>
      insideResource(name, () => Reflect.apply(original, target, given));
    if (surfacesUnderWay.at(-1) === name) return make(args);
    return observe(session, name, { surface, spanName, target, args, make });
  });
};

const rawSurfaces = new Map(
  Object.entries(surfaces).flatMap(([name, surface]) =>
    surface.path === undefined ? [] : [[surface.path, name] as const],
  ),
);

/** `client.post("/chat/completions", { body })`, for what the methods do not offer. */
const callRaw =
  (session: Session): MethodCall =>
  (original, client, args) => {
    const [path, request] = args;
    const name = surfacesUnderWay.length === 0 && typeof path === "string" ? rawSurfaces.get(path) : undefined;
    const surface = name === undefined ? undefined : surfaces[name];
    const make = (): unknown => Reflect.apply(original, client, args);
    if (name === undefined || surface === undefined) return make();
    const body = safely((): unknown => (isRecord(request) ? request["body"] : undefined), undefined);
    const spanName = classPathOf(name.split(".")).at(-2) ?? name;
    return observe(session, name, {
      surface: { ...surface, hasOptionalUsage: false },
      spanName,
      target: client,
      args: [body],
      make,
    });
  };

/** Called for every attempt, with how many came before it. */
const callBuildRequest: MethodCall = (original, client, args) => {
  const span = safely(() => trace.getSpan(context.active()), undefined);
  const call = (span as WithCall | undefined)?.[underWayKey];
  if (span !== undefined && call !== undefined) safely(() => noteRetry(span, args[1]), undefined);
  const built: unknown = Reflect.apply(original, client, args);
  if (call?.recordBody !== undefined) safely(() => noteBuilt(call, built), undefined);
  return built;
};

// https://opentelemetry.io/docs/specs/semconv/registry/attributes/http/
const noteRetry = (span: Span, attempt: unknown): void => {
  const retryCount = isRecord(attempt) ? asNumber(attempt["retryCount"]) : undefined;
  if (retryCount !== undefined && retryCount > 0) span.setAttribute("http.request.resend_count", retryCount);
};

/** The request as the client sends it; version 4 builds it at once. */
const noteBuilt = (call: CallUnderWay, built: unknown): void => {
  if (built instanceof Promise) {
    built.then(
      (request: unknown) => safely(() => recordBuilt(call, request), undefined),
      () => undefined,
    );
  } else recordBuilt(call, built);
};

const recordBuilt = (call: CallUnderWay, built: unknown): void => {
  const { recordBody } = call;
  call.recordBody = undefined;
  const request = isRecord(built) ? built["req"] : undefined;
  const body = isRecord(request) ? request["body"] : undefined;
  if (typeof body === "string") recordBody?.(JSON.parse(body));
};

/** Where version 4 keeps `runTools()`: its class can be had from no other. */
export const betaCompletionsEntry = "./resources/beta/chat/completions";

/** Has `runTools()` of version 4 recorded. */
export const patchBetaCompletions = (session: Session, entry: object, description: string): void => {
  const completions = safely(() => reach(entry, ["Completions"]), undefined);
  if (completions !== undefined) patchRunTools(session, completions, description);
};

/** Has every call of a build of the client recorded from now on. */
export const patchClient = (session: Session, exports: object, description: string): void => {
  for (const row of Object.entries(surfaces)) patchSurface(session, exports, description, row);
  const completions = findPrototype(exports, ["Chat", "Completions"], "create");
  if (completions !== undefined) patchRunTools(session, completions, description);
  const client = findPrototype(exports, [], "buildRequest");
  if (client === undefined) return;
  session.patchMethod(description, client, "post", callRaw(session));
  session.patchMethod(description, client, "buildRequest", callBuildRequest);
};
