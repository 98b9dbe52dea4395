import type { ErrorAnswer } from "./errors.ts";

/** Thrown by a service to answer a request with an error. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly answer: ErrorAnswer;

  constructor(answer: ErrorAnswer) {
    super(answer.message);
    this.answer = answer;
  }
}
