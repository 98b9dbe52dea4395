/** What a customer asks, one thing after another. */
export const questions: readonly string[] = [
  "When does my order arrive?",
  "Do you repair tents?",
  "The lamp came broken. When do I get my refund?",
];
