import { z } from "zod";

const textPartSchema = z.looseObject({ type: z.string().optional(), text: z.string().optional() });

/**
 * What a model endpoint of OpenAI's form answers. Models that reason may answer a list of parts.
 *
 * @see https://platform.openai.com/docs/api-reference/chat/object
 * @see https://docs.databricks.com/aws/en/machine-learning/foundation-model-apis/api-reference
 */
export const chatCompletionSchema = z.looseObject({
  choices: z
    .array(
      z.looseObject({
        message: z.looseObject({
          content: z.union([z.string(), z.array(textPartSchema)]).nullish(),
          refusal: z.string().nullish(),
        }),
        finish_reason: z.string().nullish(),
      }),
    )
    .min(1),
  usage: z.looseObject({ prompt_tokens: z.number().nullish(), completion_tokens: z.number().nullish() }).nullish(),
});

/** A model's answer as {@link chatCompletionSchema} reads it: at least one choice. */
export type ChatCompletion = z.infer<typeof chatCompletionSchema>;
