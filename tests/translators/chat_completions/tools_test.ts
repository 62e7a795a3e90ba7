import { assertEquals, assertThrows } from "@std/assert";
import { GatewayError } from "../../../src/errors.ts";
import type { JsonObject } from "../../../src/json.ts";
import type { Quirks } from "../../../src/profiles/schema.ts";
import { chatCall } from "../../support/chat_request.ts";
import type { TurnParts } from "../../support/turn.ts";

const OBJECT = { type: "object" };
const find = { name: "find", input_schema: OBJECT };
const clock = { name: "clock", description: "Time", input_schema: OBJECT };
const search = { type: "web_search_20250305", name: "web_search" };
const fn = (name: string, more: JsonObject = {}) => ({
  type: "function",
  function: { name, ...more, parameters: OBJECT },
});

function toolFieldsOf(request: JsonObject, parts: TurnParts = {}): JsonObject {
  const { tools, tool_choice, parallel_tool_calls, plugins, web_search_options } =
    chatCall({ ...parts, request }).body;
  return JSON.parse(
    JSON.stringify({ tools, tool_choice, parallel_tool_calls, plugins, web_search_options }),
  ) as JsonObject;
}

const TOOLS: { name: string; tool: JsonObject; want: unknown; quirks?: Quirks }[] = [
  { name: "a plain tool", tool: find, want: fn("find") },
  { name: "a description", tool: clock, want: fn("clock", { description: "Time" }) },
  { name: "no empty description", tool: { ...find, description: "" }, want: fn("find") },
  { name: "no null description", tool: { ...find, description: null }, want: fn("find") },
  { name: "type custom", tool: { ...find, type: "custom" }, want: fn("find") },
  { name: "a schema without a type", tool: { name: "find", input_schema: {} }, want: fn("find") },
  { name: "no schema at all", tool: { name: "find" }, want: fn("find") },
  {
    // Demands rows 3 and 5.
    name: "no keys that only Anthropic knows",
    tool: {
      ...find,
      eager_input_streaming: true,
      defer_loading: false,
      allowed_callers: ["direct"],
      cache_control: { type: "ephemeral", scope: "global" },
    },
    want: fn("find"),
  },
  {
    name: "eager_input_streaming where it is known",
    tool: { ...find, eager_input_streaming: true },
    quirks: { eager_input_streaming: true },
    want: {
      type: "function",
      function: { name: "find", parameters: OBJECT, eager_input_streaming: true },
    },
  },
  {
    // Demands row 22.
    name: "a clean schema",
    tool: {
      name: "find",
      input_schema: {
        $schema: "x",
        type: "object",
        properties: { url: { type: "string", format: "uri" }, n: { exclusiveMinimum: 0 } },
      },
    },
    quirks: { schema: ["drop_$schema", "drop_keywords:format,exclusiveMinimum"] },
    want: {
      type: "function",
      function: {
        name: "find",
        parameters: { type: "object", properties: { url: { type: "string" }, n: {} } },
      },
    },
  },
  {
    name: "strict where the schema allows it",
    tool: {
      name: "find",
      strict: true,
      input_schema: { type: "object", properties: {}, required: [], additionalProperties: false },
    },
    quirks: { strict_tools: true },
    want: {
      type: "function",
      function: {
        name: "find",
        parameters: { type: "object", properties: {}, required: [], additionalProperties: false },
        strict: true,
      },
    },
  },
  {
    name: "no strict where it does not",
    tool: { name: "find", strict: true, input_schema: OBJECT },
    quirks: { strict_tools: true },
    want: fn("find"),
  },
];

for (const { name, tool, want, quirks = {} } of TOOLS) {
  Deno.test(`toolFields() sends ${name}`, () => {
    assertEquals(toolFieldsOf({ tools: [tool] }, { quirks }).tools, [want]);
  });
}

const CHOICES: {
  name: string;
  request: JsonObject;
  want: unknown;
  quirks?: Quirks;
  lost?: string[];
}[] = [
  { name: "none said", request: {}, want: undefined },
  { name: "auto", request: { tool_choice: { type: "auto" } }, want: "auto" },
  { name: "any", request: { tool_choice: { type: "any" } }, want: "required" },
  {
    name: "any in the provider's word",
    request: { tool_choice: { type: "any" } },
    quirks: { required_spelling: "any" },
    want: "any",
  },
  {
    name: "any where it does not work",
    request: { tool_choice: { type: "any" } },
    quirks: { tool_choice: ["auto"] },
    want: "auto",
    lost: ["tool_choice"],
  },
  {
    name: "a tool",
    request: { tool_choice: { type: "tool", name: "find" } },
    want: { type: "function", function: { name: "find" } },
  },
  {
    name: "a tool where only auto works",
    request: { tool_choice: { type: "tool", name: "find" } },
    quirks: { tool_choice: ["auto"] },
    want: "auto",
    lost: ["tool_choice"],
  },
  {
    name: "one of several tools where names do not work",
    request: { tool_choice: { type: "tool", name: "find" } },
    quirks: { tool_choice: ["auto", "required"] },
    want: "auto",
    lost: ["tool_choice"],
  },
  {
    name: "the only tool where names do not work",
    request: { tools: [find], tool_choice: { type: "tool", name: "find" } },
    quirks: { tool_choice: ["auto", "required"] },
    want: "required",
  },
  { name: "none", request: { tool_choice: { type: "none" } }, want: "none" },
  {
    name: "a tool while thinking where that does not work",
    request: { thinking: { type: "adaptive" }, tool_choice: { type: "tool", name: "find" } },
    quirks: { tool_choice_thinking: ["auto"] },
    want: "auto",
    lost: ["tool_choice"],
  },
  {
    name: "a tool while not thinking",
    request: { thinking: { type: "disabled" }, tool_choice: { type: "tool", name: "find" } },
    quirks: { tool_choice_thinking: ["auto"] },
    want: { type: "function", function: { name: "find" } },
  },
];

for (const { name, request, want, quirks = {}, lost = [] } of CHOICES) {
  Deno.test(`toolFields() maps tool_choice: ${name}`, () => {
    const { body, lost: paths } = chatCall({
      quirks,
      request: { tools: [find, clock], ...request },
    });
    assertEquals<unknown>([body.tool_choice, paths], [want, lost]);
    assertEquals(Array.isArray(body.tools), true);
  });
}

Deno.test("toolFields() drops the tools where none is ignored", () => {
  const request = { tools: [find], tool_choice: { type: "none" } };
  assertEquals(toolFieldsOf(request, { quirks: { tool_choice: ["auto"] } }), {});
});

Deno.test("toolFields() sends nothing for an empty list", () => {
  const choice = { type: "auto", disable_parallel_tool_use: true };
  assertEquals(toolFieldsOf({ tools: [], tool_choice: choice }), {});
});

Deno.test("toolFields() forbids parallel calls only where that is known", () => {
  const request = {
    tools: [find],
    tool_choice: { type: "auto", disable_parallel_tool_use: true },
  };
  const parallel = (quirks: Quirks) => toolFieldsOf(request, { quirks }).parallel_tool_calls;
  assertEquals([parallel({}), parallel({ parallel_tool_calls: "omit" })], [false, undefined]);
});

Deno.test("toolFields() refuses a choice of a tool that is not declared", () => {
  const request = { tools: [find], tool_choice: { type: "tool", name: "other" } };
  assertThrows(() => chatCall({ request }), GatewayError, "other");
});

Deno.test("toolFields() refuses a search that nobody can run where it is all there is (demands row 29)", () => {
  assertThrows(() => chatCall({ request: { tools: [search] } }), GatewayError, "tools.0");
  const { body, lost } = chatCall({ request: { tools: [find, search] } });
  assertEquals<unknown>([body.tools, lost], [[fn("find")], ["tools.1"]]);
});

Deno.test("toolFields() offers the upstream's own search (demands row 29)", () => {
  const tool = {
    ...search,
    allowed_domains: ["a.test"],
    user_location: { type: "approximate", city: "Bonn" },
  };
  assertEquals(toolFieldsOf({ tools: [tool] }, { quirks: { web_search: "openrouter_plugins" } }), {
    plugins: [{ id: "web", include_domains: ["a.test"] }],
  });
  assertEquals(toolFieldsOf({ tools: [tool] }, { quirks: { web_search: "web_search_options" } }), {
    web_search_options: { user_location: { type: "approximate", approximate: { city: "Bonn" } } },
  });
});

Deno.test("toolFields() keeps to 128 tools at OpenAI", () => {
  const tools = Array.from({ length: 130 }, (_, at) => ({ ...find, name: `t${at}` }));
  const { body, lost } = chatCall({
    baseUrl: "https://api.openai.com/v1",
    model: "gpt-4.1",
    request: { tools },
  });
  assertEquals([(body.tools as unknown[]).length, lost], [128, ["tools"]]);
});

Deno.test("translateRequest() gives tools the preference where reasoning and tools do not go together", () => {
  const { body, lost } = chatCall({
    baseUrl: "https://api.openai.com/v1",
    model: "gpt-5.6",
    request: { tools: [find], output_config: { effort: "high" } },
  });
  assertEquals([body.reasoning_effort, lost], ["none", ["thinking"]]);
});
