import type { Attributes } from "@opentelemetry/api";
import { SpanType, type LiveSpan } from "@tracelake/uc-exporter";
import { tagsOf } from "./describe-run.ts";
import { nonEmptyText, isRecord, type JsonRecord } from "./json-record.ts";
import type { RunDescription, RunStart } from "./run.ts";

/** What LangChain says by tags, and the attributes that hold it. */
const tagAttributes: readonly (readonly [prefix: string, attribute: string])[] = [
  ["seq:step:", "langchain.sequence.step"],
  ["map:key:", "langchain.map.key"],
  ["condition:", "langchain.branch.condition"],
  ["branch:", "langchain.branch.chosen"],
  ["retry:attempt:", "langchain.retry.attempt"],
  ["graph:step:", "langgraph.step"],
];

const graphAttributes: readonly (readonly [key: string, attribute: string])[] = [
  ["langgraph_node", "langgraph.node"],
  ["langgraph_checkpoint_ns", "langgraph.checkpoint_ns"],
];

/** Keys that LangChain adds to the metadata for itself. */
const isOwnKey = (key: string): boolean =>
  /^(ls_|lc_|langgraph_|__)/.test(key) || key === "checkpoint_ns" || key === "versions";

const readTags = (tags: unknown, attributes: Attributes): void => {
  const rest: string[] = [];
  for (const tag of tagsOf(tags)) {
    const known = tagAttributes.find(([prefix]) => tag.startsWith(prefix));
    if (known === undefined) {
      rest.push(tag);
      continue;
    }
    const value = tag.slice(known[0].length);
    attributes[known[1]] = /^\d+$/.test(value) ? Number(value) : value;
  }
  if (rest.length > 0) attributes["langchain.tags"] = rest;
};

const readNode = (metadata: JsonRecord, attributes: Attributes): void => {
  for (const [key, attribute] of graphAttributes) {
    const value = nonEmptyText(metadata[key]);
    if (value !== undefined) attributes[attribute] = value;
  }
  const { langgraph_triggers: triggers, langgraph_path: path } = metadata;
  if (Array.isArray(triggers)) attributes["langgraph.triggers"] = triggers.map(String);
  if (Array.isArray(path)) attributes["langgraph.path"] = JSON.stringify(path);
};

const readAgent = ({ name, agentName }: RunDescription, attributes: Attributes): void => {
  attributes["gen_ai.operation.name"] = "invoke_agent";
  attributes["gen_ai.agent.name"] = agentName ?? name;
};

const readTool = (start: RunStart, name: string, attributes: Attributes): void => {
  attributes["gen_ai.operation.name"] = "execute_tool";
  attributes["gen_ai.tool.name"] = name;
  const callId = nonEmptyText(start.toolCallId);
  if (callId !== undefined) attributes["gen_ai.tool.call.id"] = callId;
};

/** Records what identifies a run. None of it is content. */
export const recordIdentifiers = (span: LiveSpan, start: RunStart, described: RunDescription): void => {
  const metadata = isRecord(start.metadata) ? start.metadata : {};
  const attributes: Attributes = { "langchain.run_id": start.runId };
  if (Array.isArray(start.tags) && start.tags.length > 0) readTags(start.tags, attributes);
  if (described.isNode) readNode(metadata, attributes);
  if (described.isGraph) {
    const threadId = nonEmptyText(metadata["thread_id"]);
    if (threadId !== undefined) attributes["langgraph.thread_id"] = threadId;
  }
  if (described.spanType === SpanType.AGENT) readAgent(described, attributes);
  if (start.kind === "tool") readTool(start, described.name, attributes);
  span.otelSpan.setAttributes(attributes);
};

/** Records the metadata that the user gave to the outermost run; it is passed down to all others. */
export const recordMetadata = (span: LiveSpan, metadata: unknown): void => {
  if (!isRecord(metadata)) return;
  const own = Object.keys(metadata).filter((key) => !isOwnKey(key));
  if (own.length > 0) {
    span.setContentAttribute("langchain.metadata", Object.fromEntries(own.map((key) => [key, metadata[key]])));
  }
};
