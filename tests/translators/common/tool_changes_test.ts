import { assertEquals } from "@std/assert";
import type { ContentBlockParam, MessageParam } from "../../../src/anthropic/request.ts";
import { currentTools, loadedTools } from "../../../src/translators/common/tool_changes.ts";

const TOOLS = [{ name: "a" }, { name: "b" }, { name: "c" }];

const CASES: { name: string; changes: Record<string, unknown>[]; want: string[] }[] = [
  { name: "keeps the tools without changes", changes: [], want: ["a", "b", "c"] },
  { name: "removes a tool", changes: [removal("b")], want: ["a", "c"] },
  {
    name: "puts a tool back where it was",
    changes: [removal("b"), addition("b")],
    want: ["a", "b", "c"],
  },
  { name: "adds a new tool at the end", changes: [definition("d")], want: ["a", "b", "c", "d"] },
  { name: "removes a new tool", changes: [definition("d"), removal("d")], want: ["a", "b", "c"] },
  { name: "ignores names that it does not know", changes: [addition("z")], want: ["a", "b", "c"] },
];

for (const { name, changes, want } of CASES) {
  Deno.test(`currentTools() ${name}`, () => {
    const messages = changes.map((change) => message("system", [change]));
    assertEquals(currentTools({ tools: TOOLS, messages }).map(({ tool }) => tool.name), want);
  });
}

Deno.test("currentTools() takes a new definition of a tool, and says where it stands", () => {
  const messages = [message("user", []), message("system", [{ type: "text" }, definition("b")])];
  assertEquals(
    currentTools({ tools: TOOLS, messages }).map(({ tool, path }) => [tool.name, path]),
    [
      ["a", "tools.0"],
      ["b", "messages.1.content.1.tool.definition"],
      ["c", "tools.2"],
    ],
  );
});

Deno.test("currentTools() ignores changes that a user message claims", () => {
  const messages = [message("user", [removal("a")])];
  assertEquals(currentTools({ tools: TOOLS, messages }).length, 3);
});

Deno.test("loadedTools() finds calls, references and additions, and nothing in deep nonsense", () => {
  let nested: Record<string, unknown> = { type: "tool_reference", tool_name: "deep" };
  for (let level = 0; level < 50_000; level++) nested = { content: [nested] };
  const reference = (name: string) => ({ type: "tool_reference", tool_name: name });
  const messages: MessageParam[] = [
    { role: "user", content: "x" },
    message("assistant", [{ type: "tool_use", id: "1", name: "called" }]),
    message("user", [{ type: "tool_result", tool_use_id: "1", content: [reference("found")] }]),
    message("assistant", [
      { type: "tool_search_tool_result", content: { tool_references: [reference("searched")] } },
    ]),
    message("system", [addition("added")]),
    message("user", [nested]),
  ];
  assertEquals([...loadedTools({ messages })], ["called", "found", "searched", "added"]);
});

function addition(name: string): Record<string, unknown> {
  return { type: "tool_addition", tool: { type: "tool_reference", name } };
}

function removal(name: string): Record<string, unknown> {
  return { type: "tool_removal", tool: { type: "tool_reference", name } };
}

function definition(name: string): Record<string, unknown> {
  const tool = { type: "tool_definition", definition: { name, description: "new" } };
  return { type: "tool_addition", tool };
}

function message(
  role: MessageParam["role"],
  content: readonly Readonly<Record<string, unknown>>[],
): MessageParam {
  return { role, content: content as unknown as readonly ContentBlockParam[] };
}
