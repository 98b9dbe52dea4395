import type { JsonValue } from "@tracelake/wire";

interface RecordFields {
  readonly name: string;
  readonly description?: string;
  readonly isSessionLevel: boolean;
}

/** One of the scorers that every MLflow client knows by its class. */
export interface BuiltinRecord extends RecordFields {
  readonly type: "builtin";
  /** MLflow's class, such as `Safety`. */
  readonly className: string;
  /** `provider:/model`; the workspace's own judge where absent. */
  readonly model?: string;
  readonly guidelines?: readonly string[];
  /** MLflow's settings of the class beside these, by MLflow's names, such as `inference_params`. */
  readonly rest?: Readonly<Record<string, JsonValue>>;
  /** The text it was read from: what the record does not say stays as another client wrote it. */
  readonly serialized?: string;
}

/** A judge that is its instructions. */
export interface InstructionsRecord extends RecordFields {
  readonly type: "instructions";
  /** With `{{ inputs }}`, `{{ outputs }}`, `{{ trace }}`, `{{ expectations }}` or `{{ conversation }}`. */
  readonly instructions: string;
  readonly model?: string;
  /** A JSON Schema of the value; a text where absent. */
  readonly feedbackValueType?: Readonly<Record<string, JsonValue>>;
  readonly rest?: Readonly<Record<string, JsonValue>>;
  readonly serialized?: string;
}

/** TypeScript code: it runs where it was written and cannot be stored elsewhere. */
export interface CodeRecord extends RecordFields {
  readonly type: "code";
}

/** A scorer that another client registered and that only that client can run, such as Python code. */
export interface ForeignRecord extends RecordFields {
  readonly type: "foreign";
  /** The text it was registered as, to be kept letter by letter. */
  readonly serialized: string;
}

/** What a scorer is, as data: what the registries keep and {@link Scorer} is made of. */
export type ScorerRecord = BuiltinRecord | InstructionsRecord | CodeRecord | ForeignRecord;
