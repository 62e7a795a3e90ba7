import { assert, assertEquals, assertThrows } from "@std/assert";
import { UnsupportedFeatureError } from "../../../src/errors.ts";
import type { JsonObject } from "../../../src/json.ts";
import { countTokens, translateRequest } from "../../../src/translators/codex_responses/request.ts";
import { lostPaths, type TurnParts } from "../../support/turn.ts";
import { responsesTurn } from "./events.ts";
import { toolRound, WEATHER } from "./requests.ts";

const OPENAI = { baseUrl: "https://api.openai.com/v1" };
const THINK = { thinking: { type: "adaptive" } };

/** What a request sends of some fields. */
function sent(parts: TurnParts, fields: readonly string[]): JsonObject {
  const { body } = translateRequest(responsesTurn(parts));
  return Object.fromEntries(fields.map((field) => [field, body[field]]));
}

const REASONING: readonly {
  readonly name: string;
  readonly model: string;
  readonly request: JsonObject;
  readonly want: unknown;
  readonly lost?: readonly string[];
}[] = [
  { name: "nothing where nothing is asked", model: "gpt-5.2", request: {}, want: undefined },
  {
    name: "a summary, and no effort that nobody chose",
    model: "gpt-5.2",
    request: THINK,
    want: { summary: "auto" },
  },
  {
    name: "no summary that nobody sees",
    model: "gpt-5.2",
    request: {
      thinking: { type: "adaptive", display: "omitted" },
      output_config: { effort: "low" },
    },
    want: { effort: "low" },
  },
  {
    name: "an effort without thinking",
    model: "gpt-5.2",
    request: { output_config: { effort: "max" } },
    want: { effort: "xhigh" },
  },
  {
    name: "the highest effort where it exists",
    model: "gpt-5.6",
    request: { output_config: { effort: "max" } },
    want: { effort: "max" },
  },
  {
    name: "a budget as an effort",
    model: "gpt-5.2",
    request: { thinking: { type: "enabled", budget_tokens: 31_999 } },
    want: { effort: "high", summary: "auto" },
  },
  {
    name: "none where thinking is off",
    model: "gpt-5.2",
    request: { thinking: { type: "disabled" } },
    want: { effort: "none" },
  },
  {
    name: "the lowest effort where it cannot be off",
    model: "gpt-5.2-codex",
    request: { thinking: { type: "disabled" } },
    want: { effort: "low" },
    lost: ["thinking"],
  },
  {
    name: "never minimal",
    model: "gpt-5",
    request: { thinking: { type: "disabled" } },
    want: { effort: "low" },
    lost: ["thinking"],
  },
  { name: "nothing to a model that does not", model: "gpt-4.1", request: THINK, want: undefined },
];

for (const { name, model, request, want, lost = [] } of REASONING) {
  Deno.test(`translateRequest() sends ${name} for reasoning`, () => {
    const turn = responsesTurn({ ...OPENAI, model, request });
    assertEquals(translateRequest(turn).body.reasoning, want);
    assertEquals(lostPaths(turn), lost);
  });
}

const FIELDS: readonly {
  readonly name: string;
  readonly parts: TurnParts;
  readonly want: JsonObject;
}[] = [
  {
    name: "at least 16 output tokens",
    parts: { ...OPENAI, request: { max_tokens: 1 } },
    want: { max_output_tokens: 16 },
  },
  {
    name: "at most what the target allows",
    parts: { ...OPENAI, maxOutputTokens: 500, request: { max_tokens: 1000 } },
    want: { max_output_tokens: 500 },
  },
  {
    name: "encrypted content to a model that reasons only",
    parts: { ...OPENAI, model: "gpt-4.1" },
    want: { include: undefined, store: false },
  },
  {
    name: "the sources of a search with it",
    parts: {
      ...OPENAI,
      request: { tools: [{ type: "web_search_20250305", name: "web_search" }] },
    },
    want: {
      include: ["reasoning.encrypted_content", "web_search_call.action.sources"],
      tools: [{ type: "web_search" }],
      parallel_tool_calls: undefined,
    },
  },
  {
    name: "temperature with effort none only",
    parts: {
      ...OPENAI,
      request: { temperature: 0.5, top_p: 0.9, thinking: { type: "disabled" } },
    },
    want: { temperature: 0.5, top_p: 0.9 },
  },
  {
    name: "no temperature to a model that thinks",
    parts: { ...OPENAI, request: { temperature: 0.5 } },
    want: { temperature: undefined },
  },
  {
    name: "no tools as no field",
    parts: { ...OPENAI, request: { tools: [], tool_choice: { type: "auto" } } },
    want: { tools: undefined, tool_choice: undefined, parallel_tool_calls: undefined },
  },
  {
    name: "strict where the schema allows it",
    parts: {
      ...OPENAI,
      request: {
        tools: [
          {
            name: "a",
            strict: true,
            input_schema: {
              type: "object",
              properties: { x: { type: "string" } },
              required: ["x"],
              additionalProperties: false,
            },
          },
          { ...WEATHER, name: "b", strict: true, description: undefined },
        ],
        tool_choice: { type: "any", disable_parallel_tool_use: true },
      },
    },
    want: {
      tools: [
        {
          type: "function",
          name: "a",
          parameters: {
            type: "object",
            properties: { x: { type: "string" } },
            required: ["x"],
            additionalProperties: false,
          },
          strict: true,
        },
        { type: "function", name: "b", parameters: WEATHER.input_schema, strict: false },
      ],
      tool_choice: "required",
      parallel_tool_calls: false,
    },
  },
  {
    name: "a key for the session of the header",
    parts: { ...OPENAI, session: "s" },
    want: { prompt_cache_key: "043a718774c572bd8a25adbeb1bfcd5c" },
  },
  {
    name: "a structured output",
    parts: {
      ...OPENAI,
      request: { output_config: { format: { type: "json_schema", schema: { type: "object" } } } },
    },
    want: {
      text: {
        format: {
          type: "json_schema",
          name: "response",
          schema: { type: "object" },
          strict: false,
        },
      },
    },
  },
  {
    name: "a schema in words where only JSON is promised",
    parts: {
      quirks: { response_format: "json_object" },
      request: { output_config: { format: { type: "json_schema", schema: { type: "object" } } } },
    },
    want: {
      text: { format: { type: "json_object" } },
      instructions:
        'Answer with nothing but JSON that is valid against this JSON Schema:\n{"type":"object"}',
    },
  },
  {
    name: "the system prompt as a message where instructions do not work",
    parts: { baseUrl: "https://api.x.ai/v1", model: "grok-4", request: { system: "Be brief." } },
    want: {
      instructions: undefined,
      input: [
        {
          type: "message",
          role: "system",
          content: [{ type: "input_text", text: "Be brief." }],
        },
        { type: "message", role: "user", content: [{ type: "input_text", text: "Hi" }] },
      ],
    },
  },
  {
    name: "the fields of the target's body last",
    parts: {
      ...OPENAI,
      body: { reasoning: { summary: "detailed" }, store: true },
      request: { output_config: { effort: "low" } },
    },
    want: { reasoning: { effort: "low", summary: "detailed" }, store: true },
  },
  {
    name: "domains to leave out in a provider's own words",
    parts: {
      baseUrl: "https://api.x.ai/v1",
      model: "grok-4",
      request: {
        tools: [{ type: "web_search_20250305", name: "web_search", blocked_domains: ["a.b"] }],
      },
    },
    want: { tools: [{ type: "web_search", filters: { excluded_domains: ["a.b"] } }] },
  },
  {
    name: "OpenRouter's plugin for a search",
    parts: {
      baseUrl: "https://openrouter.ai/api/v1",
      request: {
        tools: [{ type: "web_search_20250305", name: "web_search", allowed_domains: ["a.b"] }],
      },
    },
    want: { tools: undefined, plugins: [{ id: "web", include_domains: ["a.b"] }] },
  },
];

for (const { name, parts, want } of FIELDS) {
  Deno.test(`translateRequest() sends ${name}`, () => {
    assertEquals(sent(parts, Object.keys(want)), want);
  });
}

Deno.test("translateRequest() gives items ids where a server wants them, the same every time", () => {
  const parts = {
    baseUrl: "https://openrouter.ai/api/v1",
    request: { tools: [WEATHER], messages: toolRound("Rain") },
  };
  const { input } = sent(parts, ["input"]);
  const [user, call, output] = input as JsonObject[];
  assertEquals(user?.id, undefined);
  assert(/^fc_\w{24}$/.test(String(call?.id)) && /^fco_\w{24}$/.test(String(output?.id)));
  assertEquals([call?.status, output?.status], ["completed", "completed"]);
  assertEquals(sent(parts, ["input"]), { input });
});

Deno.test("translateRequest() shortens a call's id, and its result's the same way", () => {
  const id = "x".repeat(80);
  const messages = toolRound("Rain").map((message) =>
    JSON.parse(JSON.stringify(message).replaceAll("call_1", id))
  );
  const { input } = sent({ ...OPENAI, request: { messages } }, ["input"]);
  const [, call, output] = input as JsonObject[];
  assertEquals(String(call?.call_id).length, 37);
  assertEquals(output?.call_id, call?.call_id);
});

Deno.test("translateRequest() streams upstream to stop where the client says", () => {
  const turn = responsesTurn({ request: { stream: false, stop_sequences: ["A", "A", " "] } });
  const { stream, body, emulatedStops } = translateRequest(turn);
  assertEquals([stream, body.stream, emulatedStops], [true, true, ["A"]]);
});

const REFUSED: readonly (readonly [what: string, request: JsonObject])[] = [
  ["a container", { container: "c" }],
  ["MCP servers", { mcp_servers: [{ type: "url", url: "https://a.b", name: "x" }] }],
  ["computer use", { tools: [{ type: "computer_20250124", name: "computer" }] }],
  [
    "an image by its id",
    {
      messages: [{
        role: "user",
        content: [{ type: "image", source: { type: "file", file_id: "f" } }],
      }],
    },
  ],
];

for (const [what, request] of REFUSED) {
  Deno.test(`translateRequest() refuses ${what}`, () => {
    assertThrows(
      () => translateRequest(responsesTurn({ ...OPENAI, request })),
      UnsupportedFeatureError,
    );
  });
}

Deno.test("countTokens() has no call where the profile knows no path", () => {
  assertEquals(countTokens(responsesTurn({ provider: "azure" })), undefined);
});

Deno.test("countTokens() sends what the endpoint takes", () => {
  const call = countTokens(responsesTurn({ ...OPENAI, request: { ...THINK, system: "S" } }));
  assertEquals(call?.path, "/responses/input_tokens");
  assertEquals(Object.keys(call?.body ?? {}), ["model", "instructions", "input", "reasoning"]);
});
