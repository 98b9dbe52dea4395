/** Who made an assessment. */
export const AssessmentSourceType = {
  SOURCE_TYPE_UNSPECIFIED: "SOURCE_TYPE_UNSPECIFIED",
  HUMAN: "HUMAN",
  LLM_JUDGE: "LLM_JUDGE",
  CODE: "CODE",
} as const;
export type AssessmentSourceType = (typeof AssessmentSourceType)[keyof typeof AssessmentSourceType];

/** The only form in which lists and objects are expected: JSON text. */
export const serializedValueFormat = "JSON_FORMAT";
