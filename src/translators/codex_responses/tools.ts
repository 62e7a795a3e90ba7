import { isObject, type JsonObject } from "../../json.ts";
import type { Profile } from "../../profiles/schema.ts";
import { cleanSchema } from "../common/json_schema.ts";
import { searchPlugin } from "../common/search_plugin.ts";
import { isStrictLegal } from "../common/strict_schema.ts";
import { ToolMemo } from "../common/tool_memo.ts";
import type { SelectedChoice, SelectedTool, ToolSet } from "../common/tool_set.ts";
import type { Turn } from "../turn.ts";

/** `tools`, `tool_choice` and what belongs to them; nothing at all where no tool is left. */
export function toolFields(turn: Turn, set: ToolSet): Readonly<Record<string, unknown>> {
  const { profile } = turn;
  turn.toolNames.declare(set.tools.map(({ name }) => name));
  const choice = set.choice && toolChoice(set.choice, set, turn);
  const functions = choice === "drop" ? [] : set.tools.map((tool) => functionTools.of(tool, turn));
  const isPlugin = profile.web_search === "openrouter_plugins";
  const plugin = set.webSearch && isPlugin ? searchPlugin(set.webSearch) : {};
  const search = set.webSearch && !isPlugin ? [searchTool(set.webSearch, turn)] : [];
  if (functions.length + search.length === 0) return plugin;
  const sendsParallel = profile.parallel_tool_calls === "send" && functions.length > 0;
  return {
    tools: [...functions, ...search],
    ...(choice === undefined || choice === "drop" ? {} : { tool_choice: choice }),
    ...(sendsParallel ? { parallel_tool_calls: set.parallel ?? true } : {}),
    ...plugin,
  };
}

const functionTools = new ToolMemo(functionTool);

function functionTool(tool: SelectedTool, name: string, profile: Profile): JsonObject {
  const parameters = cleanSchema(tool.schema, profile.schema);
  return {
    type: "function",
    name,
    ...(tool.description === undefined ? {} : { description: tool.description }),
    parameters,
    // Left out, it means true here, and most schemas of clients are not strict-legal.
    strict: tool.strict && profile.strict_tools && isStrictLegal(parameters),
  };
}

/** The upstream's own web search; `blocked_domains` works though openapi.json does not name it. */
function searchTool(tool: JsonObject, { profile }: Turn): JsonObject {
  const { allowed_domains, blocked_domains: blocked, user_location: location } = tool;
  const filters = {
    ...(Array.isArray(allowed_domains) ? { allowed_domains } : {}),
    ...(Array.isArray(blocked) ? { [profile.web_search_blocked]: blocked } : {}),
  };
  return {
    type: "web_search",
    ...(Object.keys(filters).length > 0 ? { filters } : {}),
    ...(isObject(location) ? { user_location: { ...location, type: "approximate" } } : {}),
  };
}

/** The `tool_choice` that goes upstream; `drop` if the functions must go instead. */
function toolChoice(choice: SelectedChoice, set: ToolSet, turn: Turn): unknown {
  const { profile, losses, toolNames } = turn;
  const works = profile.tool_choice;
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
        return { type: "function", name: toolNames.upstream(choice.name) };
      }
      if (set.tools.length === 1 && works.includes("required")) return profile.required_spelling;
      break;
    case "web_search":
      if (profile.web_search === "openrouter_plugins") return undefined;
      // Naming the search is refused for some models; it being the only tool, `required` does.
      return set.tools.length === 0 && works.includes("required")
        ? profile.required_spelling
        : { type: "web_search" };
  }
  losses.warn("tool_choice", `tool_choice '${choice.type}'`);
  return "auto";
}
