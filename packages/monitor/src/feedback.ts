import type { JsonValue } from "@tracelake/wire";
import type { AssessmentError, AssessmentSource } from "@tracelake/workspace-client";

/**
 * What a scorer says of a trace, of one of its spans or of a conversation: a value, or why there is none.
 *
 * @see https://mlflow.org/docs/latest/genai/assessments/feedback/
 */
export interface Feedback {
  /** The scorer's name where absent. Two feedbacks of one scorer and trace need two names. */
  readonly name?: string;
  /** Judges answer `"yes"` or `"no"`; code may answer any JSON. Absent only beside `error`. */
  readonly value?: JsonValue;
  readonly rationale?: string;
  readonly error?: AssessmentError;
  /** Who judged. Default: the judge model, or the scorer's code. */
  readonly source?: AssessmentSource;
  /** Values are text, as the tables keep them. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** 16 hexadecimal characters, where one span is judged. */
  readonly spanId?: string;
}
