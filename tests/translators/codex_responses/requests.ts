import type { JsonObject } from "../../../src/json.ts";
import type { Leniency } from "../../support/openapi.ts";

/**
 * How OpenAI's description is read for what clients send: with `store: false` nothing has an id
 * upstream, so that items go back without one.
 */
export const SENT: Leniency = {
  overlapping: true,
  optional: {
    OutputMessage: ["id", "status"],
    OutputTextContent: ["annotations", "logprobs"],
    ReasoningItem: ["id"],
    WebSearchToolCall: ["id"],
  },
};

/** A tool whose schema strict mode would refuse, as most of Claude Code's. */
export const WEATHER = {
  name: "get_weather",
  description: "Tells the weather",
  input_schema: {
    type: "object",
    properties: { city: { type: "string" }, unit: { type: "string" } },
    required: ["city"],
  },
};

/** A pixel. */
export const PNG = { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" };

/** A page. */
export const PDF = { type: "base64", media_type: "application/pdf", data: "JVBERi0xLjQ=" };

function user(content: unknown): JsonObject {
  return { role: "user", content };
}

/** A call of the tool and what it answered. */
export function toolRound(content: unknown, extra: JsonObject = {}): JsonObject[] {
  const input = { city: "Oslo" };
  return [
    user("What is the weather in Oslo? Use get_weather."),
    {
      role: "assistant",
      content: [{ type: "tool_use", id: "call_1", name: "get_weather", input }],
    },
    user([{ type: "tool_result", tool_use_id: "call_1", content, ...extra }]),
  ];
}

/** One request of every kind that the mode knows. */
export const REQUESTS: readonly { readonly name: string; readonly request: JsonObject }[] = [
  { name: "a plain question", request: { system: "Be brief.", messages: [user("Hi")] } },
  { name: "a probe of one token", request: { max_tokens: 1, messages: [user("Hi")] } },
  { name: "tools", request: { tools: [WEATHER], messages: [user("Call get_weather")] } },
  {
    name: "a forced strict tool",
    request: {
      tools: [{
        name: "now",
        strict: true,
        input_schema: {
          type: "object",
          properties: {},
          required: [],
          additionalProperties: false,
        },
      }],
      tool_choice: { type: "tool", name: "now", disable_parallel_tool_use: true },
    },
  },
  { name: "a tool's answer", request: { tools: [WEATHER], messages: toolRound("Rain") } },
  {
    name: "a tool's failure",
    request: { tools: [WEATHER], messages: toolRound("No such city", { is_error: true }) },
  },
  {
    name: "an image from a tool",
    request: {
      tools: [WEATHER],
      messages: toolRound([{ type: "text", text: "A map" }, { type: "image", source: PNG }]),
    },
  },
  {
    name: "images and documents",
    request: {
      messages: [user([
        { type: "image", source: PNG },
        { type: "image", source: { type: "url", url: "https://example.com/a.png" } },
        { type: "document", source: PDF, title: "Report" },
        { type: "document", source: { type: "url", url: "https://example.com/a.pdf" } },
        { type: "document", source: { type: "text", media_type: "text/plain", data: "Words" } },
        { type: "text", text: "What is this?" },
      ])],
    },
  },
  {
    name: "effort and thinking",
    request: {
      thinking: { type: "adaptive" },
      output_config: { effort: "max" },
      metadata: { user_id: "user_1_account_2_session_3" },
    },
  },
  { name: "a thinking budget", request: { thinking: { type: "enabled", budget_tokens: 10_000 } } },
  { name: "no thinking", request: { thinking: { type: "disabled" }, temperature: 0.5 } },
  {
    name: "a structured output",
    request: {
      output_config: {
        format: { type: "json_schema", schema: { type: "object", properties: {} } },
      },
    },
  },
  {
    name: "a search",
    request: {
      tools: [{
        type: "web_search_20250305",
        name: "web_search",
        allowed_domains: ["example.com"],
        user_location: { type: "approximate", city: "Oslo", country: "NO" },
      }],
    },
  },
  {
    name: "a system message in mid-conversation",
    request: {
      messages: [
        user("Hi"),
        { role: "assistant", content: "Hello" },
        { role: "system", content: "Speak Norwegian." },
        user("And now?"),
      ],
    },
  },
];
