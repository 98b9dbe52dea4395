import { tool } from "@langchain/core/tools";
import { z } from "zod";
import { HelpPageRetriever } from "./help-page-retriever.ts";

const retriever = new HelpPageRetriever();

/** Looks help pages up: their texts for the model, the documents themselves beside them. */
export const searchHelpPages = tool(
  async ({ query }, config) => {
    const documents = await retriever.invoke(query, config);
    return [documents.map(({ pageContent }) => pageContent).join(" "), documents];
  },
  {
    name: "search_help_pages",
    description: "Finds the shop's help pages that fit a question.",
    schema: z.object({ query: z.string() }),
    responseFormat: "content_and_artifact",
  },
);
