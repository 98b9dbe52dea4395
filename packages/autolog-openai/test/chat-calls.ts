import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { expect } from "vitest";
import { outputs, type startRecorder } from "../../../test/support/span-recorder.ts";
import type { ReplayedClient } from "./replayed-client.ts";

const messages = [{ role: "user" as const, content: "hello" }];

export const completionsOf = (replayed: () => ReplayedClient) => () => replayed().client.chat.completions;

/** What asks for the recording of this name. */
export const ask = (model: string) => ({ model, messages });
export const askStream = (model: string) => ({ model, messages, stream: true as const });

/** The span of a test that makes one call. */
export const onlySpan = (recorder: ReturnType<typeof startRecorder>): ReadableSpan => {
  const spans = recorder.spans();
  expect(spans).toHaveLength(1);
  return spans[0] ?? expect.unreachable();
};

/** The text of a completion's first choice. */
export const textOf = (span: ReadableSpan): unknown => {
  const completion = outputs(span) as { choices?: { message: { content: string } }[] } | undefined;
  return completion?.choices?.[0]?.message.content;
};
