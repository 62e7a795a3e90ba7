import { assert, assertEquals, assertThrows } from "@std/assert";
import { InvalidRequestError, UnsupportedFeatureError } from "../../../src/errors.ts";
import type { JsonObject } from "../../../src/json.ts";
import { additionalOf, converseCall, messagesOf, MODELS } from "../../support/converse.ts";
import type { TurnParts } from "../../support/turn.ts";

const SCHEMA = { type: "object", properties: { a: { type: "string" } } };
const RUN = { name: "run", description: "Runs", input_schema: SCHEMA };
const FIND = { name: "find", description: "Finds", input_schema: SCHEMA };
const THINKING = { max_tokens: 9000, thinking: { type: "enabled", budget_tokens: 2000 } };
const CALLED = [
  { role: "user", content: "Go" },
  { role: "assistant", content: [{ type: "tool_use", id: "t1", name: "old", input: {} }] },
  { role: "user", content: [{ type: "tool_result", tool_use_id: "t1", content: "ok" }] },
];

interface Config {
  readonly tools: readonly { readonly toolSpec: JsonObject }[];
  readonly toolChoice?: unknown;
}

/** `toolConfig`, and what else a request's tools become. */
function toolsOf(request: JsonObject, target: TurnParts = {}) {
  const call = converseCall({ ...target, request });
  const config = call.body.toolConfig as Config | undefined;
  const specs = config?.tools.map(({ toolSpec }) => toolSpec);
  return { config, specs, choice: config?.toolChoice, lost: call.lost, call };
}

const SPECS: readonly { name: string; tool: JsonObject; want: JsonObject; target?: TurnParts }[] = [
  {
    name: "a tool",
    tool: { ...RUN, type: "custom" },
    want: { name: "run", description: "Runs", inputSchema: { json: SCHEMA } },
  },
  {
    name: "the name in place of an empty description",
    tool: { ...RUN, description: "" },
    want: { name: "run", description: "run", inputSchema: { json: SCHEMA } },
  },
  {
    name: "a strict tool",
    tool: { ...RUN, strict: true },
    want: { name: "run", description: "Runs", inputSchema: { json: SCHEMA }, strict: true },
  },
  {
    name: "no strict tool to a Claude without them",
    tool: { ...RUN, strict: true },
    target: { model: MODELS.claude35 },
    want: { name: "run", description: "Runs", inputSchema: { json: SCHEMA } },
  },
  {
    name: "examples of the input in words",
    tool: { ...RUN, input_examples: [{ a: "x" }] },
    want: {
      name: "run",
      description: 'Runs\nExample input: {"a":"x"}',
      inputSchema: { json: SCHEMA },
    },
  },
  {
    name: "a schema without references and choices at its root to Nova",
    tool: {
      name: "run",
      description: "Runs",
      input_schema: {
        $schema: "x",
        anyOf: [{ $ref: "#/$defs/a" }, { type: "object", properties: { b: { type: "null" } } }],
        $defs: { a: SCHEMA },
      },
    },
    target: { model: MODELS.nova },
    want: {
      name: "run",
      description: "Runs",
      inputSchema: {
        json: { type: "object", properties: { a: { type: "string" }, b: { type: "null" } } },
      },
    },
  },
];

for (const { name, tool, want, target } of SPECS) {
  Deno.test(`translateRequest() sends ${name}`, () => {
    assertEquals(toolsOf({ tools: [tool] }, target).specs, [want]);
  });
}

Deno.test("translateRequest() describes the tools that the client runs for Anthropic", () => {
  const { specs } = toolsOf({
    tools: [
      { type: "bash_20250124", name: "bash" },
      { type: "text_editor_20250728", name: "str_replace_based_edit_tool" },
      { type: "memory_20250818", name: "memory" },
    ],
  });
  assertEquals(specs?.map(({ name }) => name), ["bash", "str_replace_based_edit_tool", "memory"]);
  assert(specs?.every(({ description }) => description !== ""));
});

Deno.test("translateRequest() shortens long names everywhere the same way", () => {
  const name = `mcp__${"x".repeat(70)}__run`;
  const { specs, choice, call } = toolsOf({
    tools: [{ ...RUN, name }],
    tool_choice: { type: "tool", name },
    messages: [
      { role: "user", content: "Go" },
      { role: "assistant", content: [{ type: "tool_use", id: "t1", name, input: {} }] },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "t1" }] },
    ],
  });
  const short = String(specs?.[0]?.name);
  assertEquals(short.length, 64);
  assertEquals(choice, { tool: { name: short } });
  const [use] = messagesOf(call)[1]?.content as { toolUse: JsonObject }[];
  assertEquals(use?.toolUse.name, short);
});

const CHOICES: readonly {
  name: string;
  request: JsonObject;
  target?: TurnParts;
  want: unknown;
  lost?: readonly string[];
}[] = [
  { name: "no choice", request: {}, want: undefined },
  { name: "auto", request: { tool_choice: { type: "auto" } }, want: { auto: {} } },
  { name: "any", request: { tool_choice: { type: "any" } }, want: { any: {} } },
  {
    name: "a named tool",
    request: { tool_choice: { type: "tool", name: "find" } },
    want: { tool: { name: "find" } },
  },
  {
    name: "auto for any where the model knows no other",
    request: { tool_choice: { type: "any" } },
    target: { model: MODELS.llama },
    want: { auto: {} },
    lost: ["tool_choice"],
  },
  {
    name: "auto for a named tool where the model can only be told to call any",
    request: { tool_choice: { type: "tool", name: "find" } },
    target: { model: MODELS.mistral },
    want: { auto: {} },
    lost: ["tool_choice"],
  },
  {
    name: "any for the only tool",
    request: { tools: [FIND], tool_choice: { type: "tool", name: "find" } },
    target: { model: MODELS.mistral },
    want: { any: {} },
  },
  {
    name: "auto for a forced choice while Claude thinks",
    request: { ...THINKING, tool_choice: { type: "tool", name: "find" } },
    want: { auto: {} },
    lost: ["tool_choice"],
  },
  {
    name: "auto for any while Claude thinks",
    request: { ...THINKING, tool_choice: { type: "any" } },
    want: { auto: {} },
    lost: ["tool_choice"],
  },
  {
    name: "auto for the Claude models that cannot be forced",
    request: { tool_choice: { type: "any" } },
    target: { model: "us.anthropic.claude-opus-5-5" },
    want: { auto: {} },
    lost: ["tool_choice"],
  },
];

for (const { name, request, target, want, lost = [] } of CHOICES) {
  Deno.test(`translateRequest() sends ${name} as the choice of a tool`, () => {
    const sent = toolsOf({ tools: [RUN, FIND], ...request }, target);
    assertEquals([sent.choice, sent.lost], [want, lost]);
  });
}

const PARALLEL = { disable_parallel_tool_use: true };

for (
  const { name, request, target, want } of [
    {
      name: "beside a choice",
      request: { tool_choice: { type: "any", ...PARALLEL } },
      want: { type: "any", disable_parallel_tool_use: true },
    },
    {
      name: "of a named tool",
      request: { tool_choice: { type: "tool", name: "run", ...PARALLEL } },
      want: { type: "tool", name: "run", disable_parallel_tool_use: true },
    },
    {
      name: "of the choice that is left",
      request: { ...THINKING, tool_choice: { type: "any", ...PARALLEL } },
      want: { type: "auto", disable_parallel_tool_use: true },
    },
    {
      name: "for Claude alone",
      request: { tool_choice: { type: "any", ...PARALLEL } },
      target: { model: MODELS.nova },
      want: undefined,
    },
    { name: "unless they are allowed", request: { tool_choice: { type: "any" } }, want: undefined },
  ] satisfies { name: string; request: JsonObject; target?: TurnParts; want: unknown }[]
) {
  Deno.test(`translateRequest() forbids parallel calls ${name}`, () => {
    const { call } = toolsOf({ tools: [RUN, FIND], ...request }, target);
    assertEquals(additionalOf(call).tool_choice, want);
  });
}

Deno.test("translateRequest() refuses a choice of a tool that is not declared", () => {
  const request = { tools: [RUN], tool_choice: { type: "tool", name: "nope" } };
  assertThrows(() => converseCall({ request }), InvalidRequestError, "nope");
});

Deno.test("translateRequest() sends no tools where none may be called", () => {
  const { config, lost } = toolsOf({ tools: [RUN], tool_choice: { type: "none" } });
  assertEquals([config, lost], [undefined, []]);
  assertEquals(toolsOf({ tools: [] }).config, undefined);
});

Deno.test("translateRequest() tells earlier calls in words where none may be called", () => {
  const sent = toolsOf({ tools: [RUN], tool_choice: { type: "none" }, messages: CALLED });
  assertEquals([sent.config, sent.lost], [undefined, ["tool_choice"]]);
  assertEquals<unknown>(messagesOf(sent.call).slice(1), [
    { role: "assistant", content: [{ text: "Tool call (t1): old {}" }] },
    { role: "user", content: [{ text: "Tool result (t1): ok" }] },
  ]);
});

Deno.test("translateRequest() tells earlier calls in words to a model without tools", () => {
  const request = { tools: [RUN], messages: CALLED };
  const { config, lost } = toolsOf(request, { model: MODELS.deepseekR1 });
  assertEquals([config, lost], [undefined, ["tools"]]);
});

Deno.test("translateRequest() describes tools that were called and are declared no more", () => {
  const spec = {
    name: "old",
    description: "previously available",
    inputSchema: { json: { type: "object" } },
  };
  const { specs, choice, lost } = toolsOf({ messages: CALLED });
  assertEquals([specs, choice, lost], [[spec], undefined, []]);
  assertEquals(toolsOf({ messages: CALLED, tools: [RUN] }).specs?.map(({ name }) => name), ["run"]);
});

const SEARCH = { type: "web_search_20250305", name: "web_search" };

Deno.test("translateRequest() refuses a request that depends on a server's tool", () => {
  const only = { tools: [SEARCH] };
  const forced = { tools: [SEARCH, RUN], tool_choice: { type: "tool", name: "web_search" } };
  for (const request of [only, forced]) {
    assertThrows(() => converseCall({ request }), UnsupportedFeatureError, "tools.0");
  }
  const { specs, lost } = toolsOf({ tools: [SEARCH, RUN] });
  assertEquals([specs?.length, lost], [1, ["tools.0"]]);
});

Deno.test("translateRequest() sends deferred tools as a search of the client has turned them up", () => {
  const hidden = { ...FIND, name: "hidden", defer_loading: true };
  const search = [...CALLED.slice(0, 2), {
    role: "user",
    content: [{
      type: "tool_result",
      tool_use_id: "t1",
      content: [{ type: "tool_reference", tool_name: "find" }],
    }],
  }];
  const tools = [RUN, { ...FIND, defer_loading: true }, hidden];
  const { specs } = toolsOf({ tools, messages: search });
  assertEquals(specs?.map(({ name }) => name), ["run", "find"]);
  const server = { type: "tool_search_tool_bm25_20251119", name: "tool_search" };
  assertEquals(toolsOf({ tools: [server, ...tools] }).specs?.length, 3);
});

const COMPUTER = {
  type: "computer_20250124",
  name: "computer",
  display_width_px: 800,
  display_height_px: 600,
  cache_control: { type: "ephemeral" },
};
const COMPUTER_BETA = "computer-use-2025-01-24";

Deno.test("translateRequest() hands a tool that Claude was trained on to it, with its beta", () => {
  const { call, specs, lost } = toolsOf({ tools: [COMPUTER, RUN] }, { betas: [COMPUTER_BETA] });
  const { cache_control: _, ...computer } = COMPUTER;
  assertEquals(additionalOf(call), { anthropic_beta: [COMPUTER_BETA], tools: [computer] });
  assertEquals([specs?.map(({ name }) => name), lost], [["run"], []]);
});

Deno.test("translateRequest() forces no other tool in the place of one that it cannot name", () => {
  const request = { tools: [COMPUTER, RUN], tool_choice: { type: "tool", name: "computer" } };
  const { choice, lost } = toolsOf(request, { betas: [COMPUTER_BETA] });
  assertEquals([choice, lost], [{ auto: {} }, ["tool_choice"]]);
});

Deno.test("translateRequest() keeps a list of tools where only such a tool was called", () => {
  const messages = JSON.parse(JSON.stringify(CALLED).replace('"old"', '"computer"'));
  const { specs } = toolsOf({ tools: [COMPUTER], messages }, { betas: [COMPUTER_BETA] });
  assertEquals(specs?.map(({ name }) => name), ["unavailable"]);
});

for (
  const { name, parts } of [
    { name: "without its beta", parts: {} },
    { name: "to another model", parts: { model: MODELS.nova, betas: [COMPUTER_BETA] } },
  ]
) {
  Deno.test(`translateRequest() refuses such a tool ${name}`, () => {
    const request = { tools: [COMPUTER, RUN] };
    assertThrows(() => converseCall({ ...parts, request }), UnsupportedFeatureError, "tools.0");
  });
}

const FORMAT = { output_config: { format: { type: "json_schema", schema: SCHEMA } } };
const TEXT_FORMAT = {
  textFormat: {
    type: "json_schema",
    structure: { jsonSchema: { name: "response", schema: JSON.stringify(SCHEMA) } },
  },
};

Deno.test("translateRequest() sends the answer's schema as a string", () => {
  for (const request of [FORMAT, { output_format: FORMAT.output_config.format }]) {
    assertEquals(converseCall({ request }).body.outputConfig, TEXT_FORMAT);
  }
});

Deno.test("translateRequest() asks in words for a schema that the model does not enforce", () => {
  const { body, lost } = converseCall({ model: MODELS.nova, request: FORMAT });
  assertEquals([body.outputConfig, lost], [undefined, ["output_config.format"]]);
  const [{ text = "" } = {}] = body.system as { text?: string }[];
  assert(text.includes('"properties":{"a":{"type":"string"}}'), text);
});

for (
  const { model, strict, lost } of [
    { model: MODELS.claude, strict: true, lost: [] },
    { model: "us.anthropic.claude-opus-4-7", strict: undefined, lost: ["tools.0.strict"] },
    { model: "us.anthropic.claude-sonnet-4-6", strict: undefined, lost: ["tools.0.strict"] },
    {
      model: "us.anthropic.claude-haiku-4-5-20251001-v1:0",
      strict: undefined,
      lost: ["tools.0.strict"],
    },
    { model: "us.anthropic.claude-fable-5", strict: undefined, lost: ["tools.0.strict"] },
  ]
) {
  Deno.test(`translateRequest() sends a strict tool beside a schema to ${model}: ${strict ?? false}`, () => {
    const sent = toolsOf({ ...FORMAT, tools: [{ ...RUN, strict: true }] }, { model });
    assertEquals([sent.specs?.[0]?.strict, sent.lost], [strict, lost]);
  });
}

for (
  const { name, request } of [
    { name: "a container", request: { container: "c" } },
    { name: "MCP servers", request: { mcp_servers: [{ type: "url" }] } },
    { name: "a thread", request: { thread: { continue: "t" } } },
  ]
) {
  Deno.test(`translateRequest() refuses ${name}`, () => {
    assertThrows(() => converseCall({ request }), UnsupportedFeatureError);
  });
}
