import type { Span, SpanContext } from "@opentelemetry/api";
import { entryOf, safely } from "@tracelake/tracing";
import type { SpanAtStart, StartedSpan } from "./readable-span.ts";

/** What became of a span at its start. */
export interface SpanPlace {
  readonly isTaken: boolean;
  /** The nearest span above it that is taken; `undefined` where there is none: the span is a root. */
  readonly above: SpanContext | undefined;
}

/**
 * Which spans are taken, and on which each of them hangs. It is decided once, when a span begins: what is below must know
 * then whether it has a parent, and a root that is left out only at its end would take its whole trace along.
 */
export class SpanSelection {
  readonly #shouldTake: (span: SpanAtStart) => boolean;
  // Of one processor alone: another on the same provider may choose otherwise.
  readonly #places = new WeakMap<object, SpanPlace>();

  constructor(shouldTake: (span: SpanAtStart) => boolean) {
    this.#shouldTake = shouldTake;
  }

  /** Decides about a span that begins; one that cannot be decided about is taken. */
  begin(span: StartedSpan, parent: Span | undefined): SpanPlace {
    const place = { isTaken: safely(() => this.#shouldTake(span), true), above: this.#nearestTaken(parent) };
    this.#places.set(span, place);
    return place;
  }

  /** What was decided; `undefined` for a span whose beginning was not seen. */
  find(span: object): SpanPlace | undefined {
    return this.#places.get(span);
  }

  #nearestTaken(parent: Span | undefined): SpanContext | undefined {
    if (parent === undefined) return undefined;
    const place = this.#places.get(parent);
    if (place !== undefined) return place.isTaken ? parent.spanContext() : place.above;
    return entryOf(parent) === undefined ? undefined : parent.spanContext();
  }
}
