import { assert, assertEquals, assertThrows } from "@std/assert";
import type { MessagesRequest, ToolParam } from "../../../src/anthropic/request.ts";
import { InvalidRequestError, UnsupportedFeatureError } from "../../../src/errors.ts";
import type { Profile } from "../../../src/profiles/schema.ts";
import { selectTools } from "../../../src/translators/common/tool_set.ts";
import { commonTurn } from "./common_turn.ts";

const SCHEMA = { type: "object", properties: {} };
const READ: ToolParam = { name: "read", description: "Reads.", input_schema: SCHEMA };
const WRITE: ToolParam = { name: "write", input_schema: SCHEMA };
const DEFERRED: ToolParam = { name: "later", input_schema: SCHEMA, defer_loading: true };
const SEARCH: ToolParam = { type: "web_search_20250305", name: "web_search" };
const FETCH: ToolParam = { type: "web_fetch_20250910", name: "web_fetch" };
const TOOL_SEARCH: ToolParam = { type: "tool_search_tool_bm25_20251119", name: "tool_search" };
const SANDBOXED: ToolParam = { ...WRITE, allowed_callers: ["code_execution_20250825"] };

type Request = Partial<MessagesRequest>;

const SELECTED: {
  name: string;
  request: Request;
  quirks?: Partial<Profile>;
  want: string[];
  losses?: string[];
}[] = [
  {
    name: "sends custom tools in order",
    request: { tools: [WRITE, READ] },
    want: ["write", "read"],
  },
  { name: "takes no tools", request: {}, want: [] },
  { name: "takes an empty list", request: { tools: [] }, want: [] },
  {
    name: "expands Anthropic's client tools",
    request: { tools: [{ type: "bash_20250124", name: "bash" }] },
    want: ["bash"],
  },
  {
    name: "drops a server tool beside others",
    request: { tools: [FETCH, READ] },
    want: ["read"],
    losses: ["tools.0"],
  },
  {
    name: "drops web search where there is none",
    request: { tools: [SEARCH, READ] },
    want: ["read"],
    losses: ["tools.0"],
  },
  {
    name: "drops a server tool alone if no tool may be used",
    request: { tools: [FETCH], tool_choice: { type: "none" } },
    want: [],
    losses: ["tools.0"],
  },
  {
    name: "drops a tool that only code may call",
    request: { tools: [SANDBOXED, READ] },
    want: ["read"],
    losses: ["tools.0"],
  },
  {
    name: "keeps a tool that both may call",
    request: { tools: [{ ...SANDBOXED, allowed_callers: ["direct", "code_execution_20250825"] }] },
    want: ["write"],
  },
  {
    name: "keeps deferred tools back",
    request: { tools: [READ, DEFERRED] },
    want: ["read"],
  },
  {
    name: "sends deferred tools that were found",
    request: {
      tools: [DEFERRED, READ],
      messages: [{ role: "assistant", content: [{ type: "tool_use", id: "1", name: "later" }] }],
    },
    want: ["later", "read"],
  },
  {
    name: "sends a deferred tool that is forced",
    request: { tools: [READ, DEFERRED], tool_choice: { type: "tool", name: "later" } },
    want: ["read", "later"],
  },
  {
    name: "sends all deferred tools in a server-side search's place",
    request: { tools: [TOOL_SEARCH, READ, DEFERRED] },
    want: ["read", "later"],
  },
  {
    name: "sends deferred tools that nothing else could load",
    request: { tools: [DEFERRED] },
    want: ["later"],
  },
  {
    name: "drops all tools of a model that calls none",
    request: { tools: [READ] },
    quirks: { tools: false },
    want: [],
    losses: ["tools"],
  },
  {
    name: "keeps to the greatest number, deferred tools going first",
    request: { tools: [TOOL_SEARCH, DEFERRED, READ, WRITE] },
    quirks: { max_tools: 2 },
    want: ["read", "write"],
    losses: ["tools"],
  },
  {
    name: "keeps a forced tool within the greatest number",
    request: { tools: [READ, WRITE], tool_choice: { type: "tool", name: "write" } },
    quirks: { max_tools: 1 },
    want: ["write"],
    losses: ["tools"],
  },
];

for (const { name, request, quirks, want, losses = [] } of SELECTED) {
  Deno.test(`selectTools() ${name}`, () => {
    const turn = commonTurn(request, quirks);
    assertEquals(selectTools(turn).tools.map((tool) => tool.name), want);
    assertEquals(turn.losses.all.map(({ path }) => path), losses);
  });
}

const REFUSED: { name: string; request: Request; quirks?: Partial<Profile>; path: string }[] = [
  { name: "a server tool alone", request: { tools: [SEARCH] }, path: "tools.0" },
  {
    name: "a server tool that is forced",
    request: { tools: [READ, FETCH], tool_choice: { type: "tool", name: "web_fetch" } },
    path: "tools.1",
  },
  {
    name: "a tool search that is forced",
    request: { tools: [TOOL_SEARCH, READ], tool_choice: { type: "tool", name: "tool_search" } },
    path: "tools.0",
  },
  {
    name: "tools that only trained models use",
    request: { tools: [READ, { type: "computer_20250124", name: "computer" }] },
    path: "tools.1",
  },
  {
    name: "a forced choice for a model that calls no tools",
    request: { tools: [READ], tool_choice: { type: "any" } },
    quirks: { tools: false },
    path: "tool_choice",
  },
];

for (const { name, request, quirks, path } of REFUSED) {
  Deno.test(`selectTools() refuses ${name}`, () => {
    const turn = commonTurn(request, quirks);
    const { message } = assertThrows(() => selectTools(turn), UnsupportedFeatureError);
    assert(message.startsWith(`${path}: `), message);
    assert(message.endsWith(" is not supported by target 'fast' (chat_completions)"), message);
  });
}

Deno.test("selectTools() refuses to force a tool that is not declared", () => {
  const turn = commonTurn({ tools: [READ], tool_choice: { type: "tool", name: "rea" } });
  assertThrows(() => selectTools(turn), InvalidRequestError, "tool_choice.name");
});

Deno.test("selectTools() offers web search natively where the upstream has one", () => {
  const tool = { ...SEARCH, max_uses: 3 };
  const turn = commonTurn({ tools: [tool] }, { web_search: "openrouter_plugins" });
  const { tools, webSearch } = selectTools(turn);
  assertEquals(tools, []);
  assertEquals(webSearch, tool);
  assertEquals(turn.losses.all.map(({ path }) => path), ["tools.0.max_uses"]);
});

const CHOICES: { name: string; request: Request; want: unknown; parallel?: boolean }[] = [
  { name: "nothing", request: { tools: [READ] }, want: undefined },
  { name: "auto", request: choice({ type: "auto" }), want: { type: "auto" } },
  { name: "any", request: choice({ type: "any" }), want: { type: "any" } },
  { name: "none", request: choice({ type: "none" }), want: { type: "none" } },
  {
    name: "a tool",
    request: choice({ type: "tool", name: "read", disable_parallel_tool_use: true }),
    want: { type: "tool", name: "read" },
    parallel: false,
  },
  {
    name: "parallel calls",
    request: choice({ type: "auto", disable_parallel_tool_use: false }),
    want: { type: "auto" },
    parallel: true,
  },
  { name: "any of no tools", request: { tool_choice: { type: "any" } }, want: undefined },
  {
    name: "web search",
    request: { tools: [SEARCH], tool_choice: { type: "tool", name: "web_search" } },
    want: { type: "web_search" },
  },
];

for (const { name, request, want, parallel } of CHOICES) {
  Deno.test(`selectTools() reads the choice of ${name}`, () => {
    const set = selectTools(commonTurn(request, { web_search: "openrouter_plugins" }));
    assertEquals(set.choice, want as typeof set.choice);
    assertEquals(set.parallel, parallel);
  });
}

Deno.test("selectTools() describes a tool", () => {
  const tool = { name: "x", description: "", input_schema: { properties: {} }, strict: true };
  const [selected] = selectTools(commonTurn({ tools: [tool] })).tools;
  assertEquals(selected, {
    name: "x",
    description: undefined,
    schema: { type: "object", properties: {} },
    strict: true,
    path: "tools.0",
    param: tool,
  });
});

Deno.test("selectTools() adds examples as long as they are short", () => {
  const input_examples = [{ a: 1 }, { b: "x".repeat(1024) }, { c: 2 }];
  const [selected] = selectTools(commonTurn({ tools: [{ ...READ, input_examples }] })).tools;
  assertEquals(
    selected?.description,
    'Reads.\nExample input: {"a":1}\nExample input: {"c":2}',
  );
});

Deno.test("selectTools() refuses at once where losses are errors", () => {
  const turn = commonTurn({ tools: [FETCH, READ] }, { onLoss: "error" });
  assertThrows(() => selectTools(turn), UnsupportedFeatureError, "tools.0");
});

function choice(tool_choice: NonNullable<MessagesRequest["tool_choice"]>): Request {
  return { tools: [READ], tool_choice };
}
