import { assert, assertEquals } from "@std/assert";
import type { ToolParam } from "../../../src/anthropic/request.ts";
import { expandTool, toolKind } from "../../../src/translators/common/anthropic_tools.ts";

const KINDS: { type: string | null | undefined; want: string }[] = [
  { type: undefined, want: "custom" },
  { type: null, want: "custom" },
  { type: "custom", want: "custom" },
  { type: "bash_20250124", want: "expandable" },
  { type: "text_editor_20250728", want: "expandable" },
  { type: "memory_20250818", want: "expandable" },
  { type: "web_search_20260318", want: "web_search" },
  { type: "tool_search_tool_regex", want: "tool_search" },
  { type: "tool_search_tool_bm25_20251119", want: "tool_search" },
  { type: "web_fetch_20260309", want: "server" },
  { type: "code_execution_20260521", want: "server" },
  { type: "advisor_20260301", want: "server" },
  { type: "mcp_toolset", want: "server" },
  { type: "computer_20251124", want: "trained" },
  { type: "computer_toolset_20260801", want: "trained" },
  { type: "browser_toolset_20260801", want: "trained" },
  { type: "teleport_20270101", want: "server" },
  { type: "constructor", want: "server" },
];

for (const { type, want } of KINDS) {
  Deno.test(`toolKind() is ${want} for ${type}`, () => {
    assertEquals(toolKind({ name: "t", ...(type === undefined ? {} : { type }) }), want);
  });
}

Deno.test("toolKind() takes an unknown type with a schema for a custom tool", () => {
  assertEquals(toolKind({ name: "t", type: "new", input_schema: { type: "object" } }), "custom");
});

const COMMANDS: { type: string; commands: string[]; fields: string[] }[] = [
  {
    type: "text_editor_20241022",
    commands: ["view", "create", "str_replace", "insert", "undo_edit"],
    fields: ["command", "path", "file_text", "old_str", "new_str", "insert_line", "view_range"],
  },
  {
    type: "text_editor_20250728",
    commands: ["view", "create", "str_replace", "insert"],
    fields: [
      "command",
      "path",
      "file_text",
      "old_str",
      "new_str",
      "insert_line",
      "insert_text",
      "view_range",
    ],
  },
  {
    type: "memory_20250818",
    commands: ["view", "create", "str_replace", "insert", "delete", "rename"],
    fields: [
      "command",
      "path",
      "view_range",
      "file_text",
      "old_str",
      "new_str",
      "insert_line",
      "insert_text",
      "old_path",
      "new_path",
    ],
  },
];

for (const { type, commands, fields } of COMMANDS) {
  Deno.test(`expandTool() describes ${type}`, () => {
    const { description, properties } = expanded({ name: "t", type });
    assert(description.length > 0);
    assertEquals(Object.keys(properties), fields);
    assertEquals(properties.command?.enum, commands);
  });
}

Deno.test("expandTool() describes bash, which needs no field", () => {
  const { properties, required } = expanded({ name: "bash", type: "bash_20250124" });
  assertEquals(Object.keys(properties), ["command", "restart"]);
  assertEquals(required, undefined);
});

Deno.test("expandTool() leaves other tools alone", () => {
  assertEquals(expandTool({ name: "t" }), undefined);
  assertEquals(expandTool({ name: "t", type: "web_search_20250305" }), undefined);
});

function expanded(tool: ToolParam) {
  const { description = "", schema } = expandTool(tool) ?? {};
  return { description, ...schema } as {
    readonly description: string;
    readonly properties: Readonly<Record<string, { readonly enum?: unknown }>>;
    readonly required?: unknown;
  };
}
