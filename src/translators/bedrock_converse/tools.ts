import { isObject, type JsonObject } from "../../json.ts";
import type { Thinking } from "../common/effort.ts";
import { cleanSchema } from "../common/json_schema.ts";
import { workingChoices } from "../common/tool_choice.ts";
import type { SelectedTool, ToolSet } from "../common/tool_set.ts";
import type { Turn } from "../turn.ts";
import type { ConverseTool, Marked } from "./wire.ts";

/** How the model may use the tools, as the API spells it. */
export type ConverseChoice =
  | { readonly auto: JsonObject }
  | { readonly any: JsonObject }
  | { readonly tool: { readonly name: string } };

/** The tools of a request, with their cache markers. */
export interface ToolFields {
  readonly tools: readonly Marked<ConverseTool>[];
  readonly choice: ConverseChoice | undefined;
  /** Below `additionalModelRequestFields`. */
  readonly additional: JsonObject;
}

/** What the tools depend on besides themselves. */
export interface ToolPlace {
  readonly turn: Turn;
  readonly thinking: Thinking;
  /** Names of the tools that the conversation has called. */
  readonly calledTools: readonly string[];
  /** True if the answer has a schema, which some models do not take together with strict tools. */
  readonly hasFormat: boolean;
}

/** `toolConfig`, and what Claude is told about tools beside it. */
export function toolFields(set: ToolSet, place: ToolPlace): ToolFields {
  const { turn, calledTools } = place;
  const isNone = set.choice?.type === "none";
  const tools = isNone ? [] : set.tools;
  turn.toolNames.declare(tools.map(({ name }) => name));
  const native = isNone ? [] : set.native;
  const choice = tools.length > 0 ? converseChoice(set, place) : undefined;
  const isOffered = tools.length + native.length > 0;
  return {
    tools: tools.length > 0 || isNone
      ? tools.map((tool) => toolSpec(tool, place))
      : rebuiltTools(calledTools, native).map((name) => rebuiltSpec(name, turn)),
    choice,
    additional: {
      ...(native.length > 0 ? { tools: native.map(withoutMarker) } : {}),
      ...(isOffered ? parallelField(set, choice, turn) : {}),
    },
  };
}

/** A conversation with calls is refused without a list of tools; no name may stand in two. */
function rebuiltTools(called: readonly string[], native: ToolSet["native"]): readonly string[] {
  const others = called.filter((name) => !native.some((tool) => tool.name === name));
  return called.length > 0 && others.length === 0 ? ["unavailable"] : others;
}

function toolSpec(tool: SelectedTool, place: ToolPlace): Marked<ConverseTool> {
  const { turn, hasFormat } = place;
  const { profile, losses } = turn;
  const isStrict = tool.strict && profile.strict_tools;
  const clashes = isStrict && hasFormat && !profile.strict_with_format;
  if (clashes) losses.warn(`${tool.path}.strict`, "a strict tool together with an output schema");
  const name = turn.toolNames.upstream(tool.name);
  return {
    element: {
      toolSpec: {
        name,
        description: tool.description ?? name,
        inputSchema: { json: cleanSchema(tool.schema, profile.schema) },
        ...(isStrict && !clashes ? { strict: true } : {}),
      },
    },
    marker: tool.param.cache_control,
  };
}

/** A tool that the conversation has called and the request does not declare any more. */
function rebuiltSpec(tool: string, { toolNames }: Turn): Marked<ConverseTool> {
  const toolSpec = {
    name: toolNames.upstream(tool),
    description: "previously available",
    inputSchema: { json: { type: "object" } },
  };
  return { element: { toolSpec }, marker: undefined };
}

function converseChoice(set: ToolSet, { turn, thinking }: ToolPlace): ConverseChoice | undefined {
  const { choice, tools } = set;
  const works = workingChoices(turn, thinking);
  switch (choice?.type) {
    case "auto":
      return { auto: {} };
    case "any":
      if (works.includes("required")) return { any: {} };
      break;
    case "tool":
      // A tool that the model itself knows cannot be named here, nor may another be forced for it.
      if (!tools.some(({ name }) => name === choice.name)) break;
      if (works.includes("named")) {
        return { tool: { name: turn.toolNames.upstream(choice.name) } };
      }
      if (tools.length === 1 && works.includes("required")) return { any: {} };
      break;
    default:
      return undefined;
  }
  turn.losses.warn("tool_choice", `tool_choice '${choice.type}'`);
  return { auto: {} };
}

/** Claude's own `tool_choice`, which must say the same as the API's. */
function parallelField(
  { parallel }: ToolSet,
  choice: ConverseChoice | undefined,
  { profile }: Turn,
): JsonObject {
  if (parallel !== false || profile.parallel_tool_calls !== "send") return {};
  const type = choice === undefined ? "auto" : Object.keys(choice)[0];
  const named = choice && "tool" in choice ? { name: choice.tool.name } : {};
  return { tool_choice: { type, ...named, disable_parallel_tool_use: true } };
}

function withoutMarker(tool: JsonObject): JsonObject {
  const { cache_control: marker, ...rest } = tool;
  return isObject(marker) ? rest : tool;
}
