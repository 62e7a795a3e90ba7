import type { ToolParam } from "../../anthropic/request.ts";
import type { JsonObject } from "../../json.ts";

/** What a tool of a request is to an upstream that is not Anthropic. */
export type ToolKind =
  /** Described by the client. */
  | "custom"
  /** Run by the client and known to Claude by its type alone; {@link expandTool} describes it. */
  | "expandable"
  /** Run by Anthropic; only a search of the upstream's own can take its place. */
  | "web_search"
  /** Run by Anthropic, which finds deferred tools with it. */
  | "tool_search"
  /** Run by Anthropic, with no counterpart elsewhere. */
  | "server"
  /** Run by the client, but only a model trained on it can use it. */
  | "trained";

/** A function that stands in for an Anthropic-defined tool. */
export interface ExpandedTool {
  readonly description: string;
  readonly schema: JsonObject;
}

const KINDS: Readonly<Record<string, ToolKind>> = {
  bash: "expandable",
  text_editor: "expandable",
  memory: "expandable",
  web_search: "web_search",
  tool_search_tool_bm25: "tool_search",
  tool_search_tool_regex: "tool_search",
  computer: "trained",
  computer_toolset: "trained",
  browser_toolset: "trained",
};

/** What kind of tool this is; an unknown type with a schema is as good as a custom one. */
export function toolKind(tool: ToolParam): ToolKind {
  const { type } = tool;
  if (type === undefined || type === null || type === "custom") return "custom";
  const base = baseName(type);
  if (Object.hasOwn(KINDS, base)) return KINDS[base] ?? "server";
  return tool.input_schema ? "custom" : "server";
}

/**
 * Describes an Anthropic-defined client tool in words and a schema; undefined for any other.
 *
 * @see {@link https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview}
 */
export function expandTool({ type }: ToolParam): ExpandedTool | undefined {
  switch (baseName(type ?? "")) {
    case "bash":
      return BASH;
    case "text_editor":
      return OLD_EDITORS.has(type ?? "") ? OLD_EDITOR : EDITOR;
    case "memory":
      return MEMORY;
    default:
      return undefined;
  }
}

/** A tool's type without its date. */
function baseName(type: string): string {
  return type.replace(/_\d{8}$/, "");
}

/** The editors that can undo, and that insert `new_str`. */
const OLD_EDITORS: ReadonlySet<string> = new Set(["text_editor_20241022", "text_editor_20250124"]);

const BASH: ExpandedTool = {
  description: "Runs a command in a persistent bash session and returns its output.",
  schema: object({
    command: text("The command to run. Required unless the session is being restarted."),
    restart: { type: "boolean", description: "True restarts the session." },
  }),
};

const LINES = {
  type: "array",
  items: { type: "integer" },
  description: "First and last line to view, counted from 1; -1 is the last line of the file.",
};

const PATH = text("Absolute path of the file or directory.");
const OLD_TEXT = text("For str_replace: the text to replace, which must occur exactly once.");
const INSERT_LINE = {
  type: "integer",
  description: "For insert: the line after which the text goes, 0 for the beginning of the file.",
};

const EDITOR: ExpandedTool = {
  description: "Views, creates and edits text files.",
  schema: object({
    command: command(["view", "create", "str_replace", "insert"]),
    path: PATH,
    file_text: text("For create: the content of the file."),
    old_str: OLD_TEXT,
    new_str: text("For str_replace: the text that takes its place."),
    insert_line: INSERT_LINE,
    insert_text: text("For insert: the text to insert."),
    view_range: LINES,
  }, ["command", "path"]),
};

const OLD_EDITOR: ExpandedTool = {
  description: "Views, creates and edits text files, and undoes the last edit of a file.",
  schema: object({
    command: command(["view", "create", "str_replace", "insert", "undo_edit"]),
    path: PATH,
    file_text: text("For create: the content of the file."),
    old_str: OLD_TEXT,
    new_str: text("For str_replace: the text that takes its place. For insert: the text."),
    insert_line: INSERT_LINE,
    view_range: LINES,
  }, ["command", "path"]),
};

const MEMORY: ExpandedTool = {
  description: "Reads and writes files under /memories, which outlast this conversation. " +
    "View the directory before other work, and keep progress and lasting facts there.",
  schema: object({
    command: command(["view", "create", "str_replace", "insert", "delete", "rename"]),
    path: text("Path under /memories; every command but rename needs it."),
    view_range: LINES,
    file_text: text("For create: the content of the file."),
    old_str: OLD_TEXT,
    new_str: text("For str_replace: the text that takes its place."),
    insert_line: INSERT_LINE,
    insert_text: text("For insert: the text to insert."),
    old_path: text("For rename: the present path."),
    new_path: text("For rename: the new path."),
  }, ["command"]),
};

function object(properties: JsonObject, required?: readonly string[]): JsonObject {
  return { type: "object", properties, ...(required ? { required } : {}) };
}

function text(description: string): JsonObject {
  return { type: "string", description };
}

function command(names: readonly string[]): JsonObject {
  return { type: "string", enum: names, description: "What to do." };
}
