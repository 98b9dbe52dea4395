import type { LiveSpan, SpanType } from "@tracelake/uc-exporter";
import { observeThrow, runObserved, safely, type AutologSession } from "@tracelake/uc-exporter/plugin";
import { context, createContextKey } from "@opentelemetry/api";
import { enteredRun } from "./active-span.ts";
import { classSurfaces, type ClassSurface } from "./class-surfaces.ts";
import type { LangChainAutologOptions } from "./autolog.ts";
import { isRecord } from "./json-record.ts";

type Session = AutologSession<LangChainAutologOptions>;

const insideKey = createContextKey("tracelake.langchain.surface");

// A retriever's run is its search already, and one method of a class may call another.
const isInside = (spanType: SpanType): boolean =>
  context.active().getValue(insideKey) === spanType || enteredRun()?.spanType === spanType;

const succeed = (span: LiveSpan, surface: ClassSurface, result: unknown): void => {
  safely(() => span.setOutputs(surface.readOutputs(result)), undefined);
  span.end();
};

const observe = (span: LiveSpan, surface: ClassSurface, call: () => unknown): unknown => {
  const result = runObserved(span, () => context.with(context.active().setValue(insideKey, surface.spanType), call));
  if (!(result instanceof Promise)) {
    succeed(span, surface, result);
    return result;
  }
  return result.then(
    (value: unknown) => {
      succeed(span, surface, value);
      return value;
    },
    (error: unknown) => {
      observeThrow(error, span);
      throw error;
    },
  );
};

const nameOf = (instance: unknown): string => {
  const maker = isRecord(instance) ? instance.constructor : undefined;
  return typeof maker === "function" && maker.name !== "" ? maker.name : "anonymous";
};

const patchSurface = (session: Session, prototype: object, surface: ClassSurface): void => {
  const target = `${nameOf(prototype)}.${surface.method}`;
  session.patchMethod(target, prototype, surface.method, (original, instance, args) => {
    const call = (): unknown => Reflect.apply(original, instance, args);
    if (isRecord(instance)) observeHeld(session, instance);
    if (isInside(surface.spanType)) return call();
    const span = session.startSpan(surface.method, () => ({
      name: nameOf(instance),
      spanType: surface.spanType,
      inputs: surface.readInputs(args),
    }));
    return span === undefined ? call() : observe(span, surface, call);
  });
};

// One set for each session, as the next one patches anew.
const observed = new WeakMap<Session, WeakSet<object>>();

/** Whether `instance` is seen for the first time: what a store holds is looked at with every search. */
const isNew = (session: Session, instance: object): boolean => {
  const seen = observed.get(session) ?? new WeakSet();
  observed.set(session, seen);
  if (seen.has(instance)) return false;
  seen.add(instance);
  return true;
};

/** Records the calls of a class of embeddings, a vector store or a reranker, from any instance or prototype of it. */
export const observeClass = (session: Session, instance: object): void =>
  safely(() => {
    if (!isNew(session, instance)) return;
    let owner: unknown = instance;
    while (isRecord(owner) && owner !== Object.prototype) {
      for (const surface of classSurfaces) {
        const isOwn = Object.hasOwn(owner, surface.method);
        if (isOwn && typeof Reflect.get(instance, surface.beside) === "function") patchSurface(session, owner, surface);
      }
      owner = Object.getPrototypeOf(owner);
    }
  }, undefined);

/**
 * Looks at what a retriever or store holds: the classes of embeddings, stores and rerankers have no common ancestor with
 * the methods that count, so they are found where they are used.
 */
export const observeHeld = (session: Session, holder: object): void =>
  safely(() => {
    for (const held of Object.values(holder)) if (isRecord(held)) observeClass(session, held);
  }, undefined);
