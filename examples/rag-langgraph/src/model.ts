import { ChatOpenAI } from "@langchain/openai";
import { recordedModel } from "@tracelake-examples/support-agent/src/model-settings.ts";
import { readRecordings } from "@tracelake-examples/support-agent/src/recording.ts";
import { startReplayServer } from "@tracelake-examples/support-agent/src/replay-server.ts";

export const recordingsFolder = new URL("../recordings/", import.meta.url);

/** Serves what the real model answered when it was recorded, over HTTP, until it is closed. */
export const startRecordedModel = () => startReplayServer({ recordings: readRecordings(recordingsFolder) });

/** The model of an endpoint that speaks OpenAI's API. */
export const createModel = (baseURL: string | undefined): ChatOpenAI =>
  new ChatOpenAI({
    model: process.env["OPENAI_MODEL"] ?? recordedModel,
    apiKey: process.env["OPENAI_API_KEY"] ?? "none",
    temperature: 0,
    maxTokens: 60,
    stop: ["\n"],
    configuration: { baseURL },
  });
