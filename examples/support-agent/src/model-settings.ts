/** The model that the recordings were made with, under the name that its server gives it. */
export const recordedModel = "gemma-3-270m";

/** The models to ask of the endpoint in `OPENAI_BASE_URL`. `OPENAI_EMBEDDING_MODEL=` (empty) is for one without any. */
export function readModelSettings(): { model: string; embeddingModel: string | undefined } {
  const model = process.env["OPENAI_MODEL"] ?? recordedModel;
  return { model, embeddingModel: (process.env["OPENAI_EMBEDDING_MODEL"] ?? model) || undefined };
}
