import { assertEquals } from "@std/assert";
import type { JsonObject } from "../../../src/json.ts";
import type { Quirks } from "../../../src/profiles/schema.ts";
import {
  finishRank,
  mapStopReason,
  mapUsage,
} from "../../../src/translators/chat_completions/map.ts";
import { estimatedUsage } from "../../../src/translators/common/usage.ts";
import { testTurn } from "../../support/turn.ts";

const REASONS: [reason: string, want: string | undefined][] = [
  ["stop", "end_turn"],
  ["STOP", "end_turn"],
  ["eos", "end_turn"],
  ["end_turn", "end_turn"],
  ["tool_calls", "tool_use"],
  ["function_call", "tool_use"],
  ["tool_use", "tool_use"],
  ["length", "max_tokens"],
  ["MAX_TOKENS", "max_tokens"],
  ["max_tokens", "max_tokens"],
  ["model_length", "model_context_window_exceeded"],
  ["model_context_window_exceeded", "model_context_window_exceeded"],
  ["context_length_exceeded", "model_context_window_exceeded"],
  ["content_filter", "refusal"],
  ["sensitive", "refusal"],
  ["SAFETY", "refusal"],
  ["RECITATION", "refusal"],
  ["PROHIBITED_CONTENT", "refusal"],
  ["BLOCKLIST", "refusal"],
  ["SPII", "refusal"],
  ["output_filter_hit", "refusal"],
  ["function_call_filter: MALFORMED_FUNCTION_CALL", "malformed"],
  ["insufficient_system_resource", "overloaded"],
  ["network_error", "error"],
  ["error", "error"],
  ["abort", "error"],
  ["constructor", undefined],
  ["because", undefined],
];

for (const [reason, want] of REASONS) {
  Deno.test(`mapStopReason() of ${reason} is ${want}`, () => {
    assertEquals(mapStopReason(reason, testTurn().profile), want);
  });
}

Deno.test("mapStopReason() lets the profile say what a reason means", () => {
  const { profile } = testTurn({ quirks: { finish_extra: { done: "max_tokens" } } });
  assertEquals(mapStopReason("done", profile), "max_tokens");
});

Deno.test("finishRank() puts errors before refusals, limits, calls and the rest", () => {
  const order = ["error", "refusal", "max_tokens", "tool_use", "end_turn"] as const;
  assertEquals(order.map((reason) => finishRank(reason)), [4, 3, 2, 1, 0]);
  assertEquals(finishRank(undefined), 0);
});

/** input, output, cache read, cache written, thinking. */
type Counts = [number, number, number, number, number | undefined];

const USAGES: { name: string; usage: JsonObject; quirks?: Quirks; want: Counts }[] = [
  {
    name: "plain counts",
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
    want: [10, 5, 0, 0, undefined],
  },
  {
    name: "OpenAI's details",
    usage: {
      prompt_tokens: 100,
      completion_tokens: 50,
      prompt_tokens_details: { cached_tokens: 60, cache_write_tokens: 10 },
      completion_tokens_details: { reasoning_tokens: 30 },
    },
    want: [30, 50, 60, 10, 30],
  },
  {
    name: "DeepSeek's cache hits",
    usage: { prompt_tokens: 100, completion_tokens: 5, prompt_cache_hit_tokens: 64 },
    want: [36, 5, 64, 0, undefined],
  },
  {
    name: "Kimi's cached tokens",
    usage: { prompt_tokens: 20, completion_tokens: 5, cached_tokens: 8 },
    want: [12, 5, 8, 0, undefined],
  },
  {
    name: "Qwen's explicit cache",
    usage: {
      prompt_tokens: 20,
      completion_tokens: 5,
      prompt_tokens_details: { cached_tokens: 0, cache_creation_input_tokens: 15 },
    },
    want: [5, 5, 0, 15, undefined],
  },
  {
    name: "reasoning that only the total counts",
    usage: { prompt_tokens: 35, completion_tokens: 12, total_tokens: 126 },
    quirks: { usage_output: "total-prompt" },
    want: [35, 91, 0, 0, 79],
  },
  {
    name: "reasoning that is told and not counted",
    usage: {
      prompt_tokens: 10,
      completion_tokens: 5,
      total_tokens: 35,
      completion_tokens_details: { reasoning_tokens: 20 },
    },
    quirks: { usage_output: "total-prompt" },
    want: [10, 25, 0, 0, 20],
  },
  {
    name: "a total above the sum, whatever the profile says",
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 40 },
    want: [10, 30, 0, 0, undefined],
  },
  {
    name: "more reasoning than output",
    usage: {
      prompt_tokens: 10,
      completion_tokens: 10,
      completion_tokens_details: { reasoning_tokens: 11 },
    },
    want: [10, 10, 0, 0, 10],
  },
  {
    name: "more cached than prompt",
    usage: {
      prompt_tokens: 5,
      completion_tokens: 1,
      prompt_tokens_details: { cached_tokens: 9 },
    },
    want: [0, 1, 9, 0, undefined],
  },
  {
    name: "nonsense",
    usage: {
      prompt_tokens: -5,
      completion_tokens: "7",
      total_tokens: Infinity,
      prompt_tokens_details: [],
      completion_tokens_details: null,
    },
    want: [0, 0, 0, 0, undefined],
  },
];

for (const { name, usage, quirks = {}, want } of USAGES) {
  Deno.test(`mapUsage() counts ${name}`, () => {
    const mapped = mapUsage(usage, testTurn({ quirks }).profile, undefined);
    assertEquals([
      mapped.input_tokens,
      mapped.output_tokens,
      mapped.cache_read_input_tokens,
      mapped.cache_creation_input_tokens,
      mapped.output_tokens_details?.thinking_tokens,
    ], want);
  });
}

Deno.test("mapUsage() knows two service tiers", () => {
  const tierOf = (tier: unknown) => mapUsage({}, testTurn().profile, tier).service_tier;
  assertEquals(["priority", "fast", "default", null].map(tierOf), [
    "priority",
    "priority",
    "standard",
    "standard",
  ]);
});

Deno.test("estimatedUsage() has every key, and warns unless a stop sequence ended the answer", () => {
  const turn = testTurn();
  const estimate = { inputTokens: 1, outputTokens: 2 };
  estimatedUsage(estimate, { turn, writer: { matchedStop: "END" } });
  assertEquals(turn.warnings, []);
  assertEquals(estimatedUsage(estimate, { turn, writer: { matchedStop: undefined } }), {
    input_tokens: 1,
    output_tokens: 2,
    cache_read_input_tokens: 0,
    cache_creation_input_tokens: 0,
    cache_creation: null,
    output_tokens_details: null,
    server_tool_use: null,
    service_tier: "standard",
    inference_geo: null,
  });
  assertEquals(turn.warnings, ["the upstream sent no usage, so it was estimated"]);
});
