import { isObject, type JsonObject } from "../../json.ts";
import type { Quirks } from "../../profiles/schema.ts";
import { type Answer, blocksOf, textOf } from "../answer.ts";
import {
  type Cure,
  degraded,
  excerpt,
  failed,
  pass,
  type Shape,
  shortened,
  user,
  type Verdict,
} from "../shape.ts";
import { MAX_TOKENS } from "./talk.ts";

/** A tool that takes a city. */
export const WEATHER = cityTool("get_weather", "The weather in a city");

/** A call of it, as an earlier turn of the model. */
export const WEATHER_CALL = {
  role: "assistant",
  content: [{
    type: "tool_use",
    id: "toolu_01",
    name: "get_weather",
    input: { city: "Paris" },
  }],
} as const;

const TIME = cityTool("get_time", "The time in a city");

/** As MCP servers make them: longer than the 64 characters that most APIs take. */
const LONG_NAME =
  "mcp__railway_operations_assistant__list_departures_of_all_trains_of_a_station_today";

const BOTH = "Call get_weather and get_time, both for Paris, in parallel.";

/** What real tools declare and strict parsers stumble over. */
const ODD_SCHEMA: JsonObject = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  $defs: { place: { type: "object", properties: { name: { type: "string", minLength: 1 } } } },
  properties: {
    place: { $ref: "#/$defs/place" },
    when: { type: ["string", "null"], format: "date-time", default: null },
    unit: { const: "celsius" },
    detail: {
      oneOf: [{ type: "string", pattern: "^(?!x)\\w*$" }, { type: "integer", minimum: 0 }],
    },
    pair: { type: "array", prefixItems: [{ type: "number" }, { type: "number" }], maxItems: 2 },
    anything: {},
    labels: { type: "object", additionalProperties: { type: "string" } },
  },
  required: ["place"],
  additionalProperties: true,
};

/** Cleaning of schemas, from what is asked for most to all there is. */
const SCHEMA_CURES: readonly Quirks[] = [
  { schema: ["drop_$schema", "inline_refs"] },
  {
    schema: [
      "drop_$schema",
      "inline_refs",
      "tuple_items",
      "no_const",
      "no_type_array",
      "no_lookaround",
      "type_inside_anyOf",
    ],
  },
];

/** A refusal of `tool_choice`, by how much has to go. */
const CHOICE_CURES: readonly Cure[] = [
  { quirks: { tool_choice: ["auto", "none", "required"] } },
  { quirks: { tool_choice: ["auto", "none"] } },
];

/** Calls of tools, and what comes back of them. */
export const TOOLS: readonly Shape[] = [
  {
    name: "tool",
    body: {
      max_tokens: MAX_TOKENS,
      tools: [WEATHER],
      messages: [user("What is the weather in Paris? Call get_weather to find out.")],
    },
    check: (answer) => checkCalls(answer, ["get_weather"]),
    cures: [{ when: /tool|function/i, quirks: { tools: false } }],
  },
  {
    name: "parallel_tools",
    body: {
      max_tokens: MAX_TOKENS,
      tools: [WEATHER, TIME],
      messages: [user(BOTH)],
    },
    check: (answer) => checkCalls(answer, ["get_weather", "get_time"]),
  },
  {
    name: "one_tool_at_a_time",
    body: {
      max_tokens: MAX_TOKENS,
      tools: [WEATHER, TIME],
      tool_choice: { type: "auto", disable_parallel_tool_use: true },
      messages: [user(BOTH)],
    },
    check(answer): Verdict {
      const calls = blocksOf(answer, "tool_use");
      if (calls.length > 1) return degraded(`${calls.length} tools were called at once`);
      return checkCalls(answer, calls.map(({ name }) => String(name)));
    },
    cures: [{ quirks: { parallel_tool_calls: "omit" } }],
  },
  {
    name: "forced_tool",
    body: {
      max_tokens: MAX_TOKENS,
      tools: [WEATHER, TIME],
      tool_choice: { type: "tool", name: "get_time" },
      messages: [user("Hello, how is Paris?")],
    },
    check: (answer) => checkCalls(answer, ["get_time"]),
    cures: CHOICE_CURES,
  },
  {
    name: "any_tool",
    body: {
      max_tokens: MAX_TOKENS,
      tools: [WEATHER],
      tool_choice: { type: "any" },
      messages: [user("Hello, how is Paris?")],
    },
    check: (answer) => checkCalls(answer, ["get_weather"]),
    cures: [{ quirks: { required_spelling: "any" } }, ...CHOICE_CURES],
  },
  {
    name: "long_tool_name",
    body: {
      max_tokens: MAX_TOKENS,
      tools: [cityTool(LONG_NAME, "All departures of a station today")],
      tool_choice: { type: "any" },
      messages: [user("Which trains leave Paris today? Look it up.")],
    },
    check: (answer) => checkCalls(answer, [LONG_NAME]),
    cures: [{ quirks: { tool_name_max: 64 } }, { quirks: { tool_name_max: 40 } }],
  },
  {
    name: "odd_schema",
    body: {
      max_tokens: MAX_TOKENS,
      tools: [{ name: "report", description: "Reports the weather", input_schema: ODD_SCHEMA }],
      tool_choice: { type: "any" },
      messages: [user("Call report for Paris.")],
    },
    check: (answer) => checkCalls(answer, ["report"]),
    cures: SCHEMA_CURES.map((quirks) => ({ quirks })),
  },
  {
    name: "tool_result",
    body: {
      max_tokens: MAX_TOKENS,
      tools: [WEATHER],
      messages: [
        user("What is the weather in Paris?"),
        WEATHER_CALL,
        user([
          { type: "tool_result", tool_use_id: "toolu_01", content: "It rains, 17 degrees." },
        ]),
      ],
    },
    check(answer): Verdict {
      const text = textOf(answer);
      return text.includes("17") ? pass(excerpt(text)) : degraded(`not used: ${excerpt(text)}`);
    },
    cures: [
      { quirks: { assistant_empty_content: "empty" } },
      { when: /id\b/i, quirks: { tool_id: "alnum9" } },
      { when: /alternat/i, quirks: { strict_alternation: true } },
    ],
  },
];

function cityTool(name: string, description: string): JsonObject {
  const properties = { city: { type: "string", description: "Name of the city" } };
  return {
    name,
    description,
    input_schema: { type: "object", properties, required: ["city"] },
  };
}

/** All of these tools must have been called, with objects that JSON can hold. */
function checkCalls(answer: Answer, wanted: readonly string[]): Verdict {
  const calls = blocksOf(answer, "tool_use");
  const broken = calls.find(({ input }) => !isObject(input) || "_raw" in input);
  if (broken) {
    return failed(`the arguments of ${broken.name} are no JSON object`, [
      { args_cumulative: true },
      { buffer_tool_args: true },
    ]);
  }
  const names = calls.map(({ name }) => String(name));
  const missing = wanted.filter((name) => !names.includes(name));
  if (missing.length > 0) {
    return degraded(
      names.length === 0
        ? `no tool was called: ${excerpt(textOf(answer))}`
        : `only ${names.join(", ")} was called`,
    );
  }
  const { stop_reason: reason } = answer.message;
  if (wanted.length === 0) return degraded(`no tool was called: ${excerpt(textOf(answer))}`);
  return reason === "tool_use"
    ? pass(`tool_use ${shortened(wanted.join(", "))}`)
    : degraded(`the stop_reason is ${reason}`);
}
