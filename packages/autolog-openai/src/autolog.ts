import { defineAutolog, type Autolog, type DefinedAutolog } from "@tracelake/uc-exporter/plugin";
import type { OpenAIAutologOptions } from "./options.ts";
import { betaCompletionsEntry, patchBetaCompletions, patchClient } from "./patch-client.ts";
import { patchSocket, socketEntries } from "./patch-socket.ts";

const defined: DefinedAutolog<OpenAIAutologOptions> = defineAutolog({
  name: "openai",
  remedy: "Where it is bundled or loaded in a way of its own, pass it: autolog({ openai: OpenAI }).",
  install(session) {
    const { openai } = session.options;
    if (openai !== undefined && openai !== null) {
      patchClient(session, openai, "the class passed to autolog()");
      patchSocket(session, openai, "the class passed to autolog()");
    }
    session.watchModule("openai", (copy) => {
      patchClient(session, copy.exports, copy.description);
      copy.withEntry(betaCompletionsEntry, (entry) => patchBetaCompletions(session, entry, copy.description));
      for (const { subpath, ...options } of socketEntries) {
        copy.withEntry(subpath, (entry) => patchSocket(session, entry, copy.description), options);
      }
    });
  },
});

/**
 * Makes every call of the `openai` client a trace from now on, for every copy of the client that is or will be loaded.
 * Calling it again changes nothing but the options it names. Never throws; `autolog.status()` says what was patched.
 */
export const autolog: Autolog<OpenAIAutologOptions> = defined.autolog;

/** Takes every patch back. Calls under way are still recorded to their end. */
export const unautolog: () => void = defined.unautolog;
