import { autolog, unautolog } from "@tracelake/autolog-openai";
import OpenAI from "openai";
import { describeAutolog } from "../../../test/support/describe-autolog.ts";
import { useReplayedClient } from "./replayed-client.ts";

const replayed = useReplayedClient();
const completions = () => replayed().client.chat.completions;
const ask = (model: string) => ({
  model,
  messages: [{ role: "user" as const, content: "What does a lake hold? rivers" }],
});

describeAutolog({
  name: "openai",
  autolog,
  unautolog,
  patchedFunctions: () =>
    [OpenAI.Chat.Completions, OpenAI.Responses, OpenAI.Embeddings].map(
      (resource): unknown => Object.getOwnPropertyDescriptor(resource.prototype, "create")?.value,
    ),
  succeed: async () => completions().create(ask("chat-hello")),
  secret: "rivers",
  fail: async () => completions().create(ask("error-rate-limit")),
  stream: async () => completions().create({ ...ask("chat-hello"), stream: true }),
  callWith: async (argument) => completions().create(argument as never),
});
