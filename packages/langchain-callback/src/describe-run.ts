import { SpanType } from "@tracelake/uc-exporter";
import { nonEmptyText, isRecord, type JsonRecord } from "./json-record.ts";
import type { Run, RunDescription, RunKind, RunStart } from "./run.ts";

const hiddenTag = "langsmith:hidden";

const typeOfKind: Readonly<Record<RunKind, SpanType>> = {
  chain: SpanType.CHAIN,
  chat_model: SpanType.CHAT_MODEL,
  llm: SpanType.LLM,
  tool: SpanType.TOOL,
  retriever: SpanType.RETRIEVER,
};

/** What LangChain's own steps say they are, beside plain chains. */
const typeOfRunType: Readonly<Record<string, SpanType>> = { parser: SpanType.PARSER };

/** How frameworks mark the graphs that are agents. The mark is inherited by all that runs inside. */
const agentIntegrations = new Set(["langchain_create_agent", "deepagents"]);

/** The node by which an agent inside an agent is known, as its mark could be the outer one's. */
const agentNode = "model_request";

/** Names that LangGraph gives to steps of its own: `ChannelWrite<…>`, `Branch<…>`. */
const plumbingName = /^(ChannelWrite|Branch)</;

/** Where LangChain's and LangGraph's own classes are. */
const namespaces = {
  langGraph: ["langgraph"],
  graph: ["langgraph", "pregel"],
  agentExecutor: ["langchain", "agents", "executor"],
} as const;

const nothing: readonly never[] = [];

// Namespaces survive a minifier, class names do not; the name is the last part.
const classPathOf = (serialized: unknown): readonly unknown[] => {
  const id: unknown = isRecord(serialized) ? serialized["id"] : undefined;
  return Array.isArray(id) ? id : nothing;
};

const isIn = (classPath: readonly unknown[], namespace: readonly string[]): boolean =>
  classPath.length > namespace.length && namespace.every((part, at) => classPath[at] === part);

const isText = (tag: unknown): tag is string => typeof tag === "string";

export const tagsOf = (tags: unknown): readonly string[] =>
  Array.isArray(tags) && tags.length > 0 ? tags.filter(isText) : nothing;

const nearest = (run: Run | undefined, isIt: (run: Run) => boolean): Run | undefined => {
  let above = run;
  while (above !== undefined && !isIt(above)) above = above.parent;
  return above;
};

interface Facts {
  readonly start: RunStart;
  readonly metadata: JsonRecord;
  readonly tags: readonly string[];
  readonly classPath: readonly unknown[];
  readonly name: string;
  readonly isGraph: boolean;
  readonly isNode: boolean;
  readonly parent: Run | undefined;
}

const isPlumbing = ({ start, metadata, tags, classPath, name, isGraph }: Facts): boolean => {
  if (start.kind !== "chain") return false;
  if (tags.includes(hiddenTag)) return true;
  const node = metadata["langgraph_node"];
  if (node === undefined || isGraph) return false;
  return plumbingName.test(name) || (isIn(classPath, namespaces.langGraph) && name !== node);
};

const isAgent = ({ metadata, classPath, isGraph, parent }: Facts): boolean => {
  if (isIn(classPath, namespaces.agentExecutor)) return true;
  if (!isGraph || !agentIntegrations.has(String(metadata["ls_integration"]))) return false;
  const outer = nearest(parent, (run) => run.spanType === SpanType.AGENT);
  return outer === undefined || outer.agentName !== nonEmptyText(metadata["lc_agent_name"]);
};

const typeOf = (facts: Facts, typeOverride: string | undefined): string => {
  const { start, parent } = facts;
  if (typeOverride !== undefined) {
    const outer = nearest(parent, (run) => run.typeOverride !== undefined);
    if (typeOverride !== outer?.typeOverride) return typeOverride;
  }
  if (start.kind !== "chain") return typeOfKind[start.kind];
  return isAgent(facts) ? SpanType.AGENT : (typeOfRunType[String(start.runType)] ?? SpanType.CHAIN);
};

// Not named by its author, directly below a node and no part of a sequence, map or branch.
const mayBeRouter = ({ start, tags, name, parent }: Facts): boolean =>
  start.kind === "chain" &&
  parent?.isNode === true &&
  name === "RunnableLambda" &&
  tags.every((tag) => !tag.includes(":"));

/**
 * Says what a run is: its span's name and type, and whether it is one of the user's at all. `toolName` is the name of the
 * tool that is called, where that is known: LangChain itself says the name of its class.
 */
export const describeRun = (start: RunStart, parent: Run | undefined, toolName: string | undefined): RunDescription => {
  const metadata = isRecord(start.metadata) ? start.metadata : {};
  const classPath = classPathOf(start.serialized);
  const tags = tagsOf(start.tags);
  const name = nonEmptyText(start.runName) ?? toolName ?? nonEmptyText(classPath.at(-1)) ?? start.kind;
  const isGraph = start.kind === "chain" && isIn(classPath, namespaces.graph);
  const isNode = !isGraph && metadata["langgraph_node"] === name && tags.some((tag) => tag.startsWith("graph:step:"));
  const facts: Facts = { start, metadata, tags, classPath, name, isGraph, isNode, parent };
  const typeOverride = nonEmptyText(metadata["mlflow_span_type"]);
  const spanType = typeOf(facts, typeOverride);
  return {
    name,
    spanType,
    isHidden: isPlumbing(facts),
    mayBeRouter: mayBeRouter(facts),
    isGraph,
    isNode,
    agentName: spanType === SpanType.AGENT ? nonEmptyText(metadata["lc_agent_name"]) : undefined,
    typeOverride,
  };
};

/** Whether a run shows the graph it belongs to to be an agent, which its own start did not. */
export const revealsAgent = ({ name, isNode }: RunDescription, parent: Run | undefined): boolean =>
  isNode && name === agentNode && parent?.isGraph === true && parent.spanType !== SpanType.AGENT;
