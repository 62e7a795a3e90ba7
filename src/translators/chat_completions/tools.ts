import { isObject, type JsonObject } from "../../json.ts";
import type { Profile } from "../../profiles/schema.ts";
import type { Thinking } from "../common/effort.ts";
import { cleanSchema } from "../common/json_schema.ts";
import { searchPlugin } from "../common/search_plugin.ts";
import { isStrictLegal } from "../common/strict_schema.ts";
import { ToolMemo } from "../common/tool_memo.ts";
import { workingChoices } from "../common/tool_choice.ts";
import {
  type SelectedChoice,
  type SelectedTool,
  selectTools,
  type ToolSet,
} from "../common/tool_set.ts";
import type { Turn } from "../turn.ts";

/** Fields of a chat request that are about tools. */
export interface ToolFields extends JsonObject {
  readonly tools?: readonly JsonObject[];
}

/** `tools`, `tool_choice` and what belongs to them; nothing at all where no tool is left. */
export function toolFields(turn: Turn, thinking: Thinking): ToolFields {
  const { profile, request } = turn;
  const set = selectTools(turn);
  turn.toolNames.declare(set.tools.map(({ name }) => name));
  const search = set.webSearch ? webSearchFields(set.webSearch, turn) : {};
  if (set.tools.length === 0) return search;
  const choice = set.choice && chatChoice(set.choice, set, { turn, thinking });
  if (choice === "drop") return search;
  const parallel = set.parallel === false && profile.parallel_tool_calls === "send" &&
    request.tool_choice?.type !== "none";
  return {
    tools: set.tools.map((tool) => chatTools.of(tool, turn)),
    ...(choice === undefined ? {} : { tool_choice: choice }),
    ...(parallel ? { parallel_tool_calls: false } : {}),
    ...search,
  };
}

const chatTools = new ToolMemo(chatTool);

function chatTool(tool: SelectedTool, name: string, profile: Profile): JsonObject {
  const parameters = cleanSchema(tool.schema, profile.schema);
  const strict = tool.strict && profile.strict_tools && isStrictLegal(parameters);
  const marked = profile.cache === "anthropic_parts" && isObject(tool.param.cache_control);
  const eager = profile.eager_input_streaming && tool.param.eager_input_streaming === true;
  return {
    type: "function",
    function: {
      name,
      ...(tool.description === undefined ? {} : { description: tool.description }),
      parameters,
      ...(strict ? { strict } : {}),
      ...(eager ? { eager_input_streaming: true } : {}),
    },
    ...(marked ? { cache_control: { type: "ephemeral" } } : {}),
  };
}

/** Where a choice is made. */
interface ChoicePlace {
  readonly turn: Turn;
  readonly thinking: Thinking;
}

/** The `tool_choice` that goes upstream; `drop` if the tools must go instead. */
function chatChoice(choice: SelectedChoice, set: ToolSet, place: ChoicePlace): unknown {
  const { profile, losses, toolNames } = place.turn;
  const works = workingChoices(place.turn, place.thinking);
  switch (choice.type) {
    case "auto":
      return works.includes("auto") ? "auto" : undefined;
    case "none":
      return works.includes("none") ? "none" : "drop";
    case "any":
      if (works.includes("required")) return profile.required_spelling;
      break;
    case "tool":
      if (works.includes("named")) {
        return { type: "function", function: { name: toolNames.upstream(choice.name) } };
      }
      if (set.tools.length === 1 && works.includes("required")) return profile.required_spelling;
      break;
    case "web_search":
      return undefined;
  }
  losses.warn("tool_choice", `tool_choice '${choice.type}'`);
  return "auto";
}

/** The upstream's own web search. */
function webSearchFields(
  tool: Readonly<Record<string, unknown>>,
  { profile }: Turn,
): Readonly<Record<string, unknown>> {
  const location = isObject(tool.user_location) ? tool.user_location : undefined;
  switch (profile.web_search) {
    case "openrouter_plugins":
      return searchPlugin(tool);
    case "web_search_options": {
      const { type: _, ...approximate } = location ?? {};
      return {
        web_search_options: location ? { user_location: { type: "approximate", approximate } } : {},
      };
    }
    case "web_search":
    case "none":
      return {};
  }
}
