import { assertEquals } from "@std/assert";
import { NO_USAGE } from "../../../src/anthropic/message.ts";
import type { JsonObject } from "../../../src/json.ts";
import {
  guardrailReason,
  mapEnding,
  mapStopReason,
  mapUsage,
  matchedStop,
} from "../../../src/translators/bedrock_converse/map.ts";

for (
  const [stopReason, alone, withCalls] of [
    ["end_turn", "end_turn", "tool_use"],
    ["stop_sequence", "stop_sequence", "tool_use"],
    ["tool_use", "end_turn", "tool_use"],
    ["max_tokens", "max_tokens", "max_tokens"],
    [
      "model_context_window_exceeded",
      "model_context_window_exceeded",
      "model_context_window_exceeded",
    ],
    ["guardrail_intervened", "refusal", "refusal"],
    ["content_filtered", "refusal", "refusal"],
    ["malformed_model_output", "end_turn", "end_turn"],
    ["malformed_tool_use", "end_turn", "end_turn"],
    ["toString", "end_turn", "tool_use"],
  ] as const
) {
  Deno.test(`mapStopReason() maps ${stopReason}`, () => {
    const ending = mapEnding(stopReason);
    assertEquals([mapStopReason(ending, false), mapStopReason(ending, true)], [alone, withCalls]);
  });
}

const USAGES: readonly { name: string; usage: JsonObject; tier?: unknown; want: JsonObject }[] = [
  {
    name: "input that excludes the cache",
    usage: {
      inputTokens: 2,
      outputTokens: 5,
      totalTokens: 1329,
      cacheReadInputTokens: 0,
      cacheWriteInputTokens: 1322,
    },
    want: { input_tokens: 2, output_tokens: 5, cache_creation_input_tokens: 1322 },
  },
  {
    name: "older names of the cache's counts",
    usage: {
      inputTokens: 2,
      outputTokens: 5,
      cacheReadInputTokenCount: 7,
      cacheWriteInputTokenCount: 9,
    },
    want: {
      input_tokens: 2,
      output_tokens: 5,
      cache_read_input_tokens: 7,
      cache_creation_input_tokens: 9,
    },
  },
  {
    name: "what was cached for how long",
    usage: {
      inputTokens: 1,
      outputTokens: 1,
      cacheWriteInputTokens: 30,
      cacheDetails: [{ ttl: "5m", inputTokens: 10 }, { ttl: "1h", inputTokens: 20 }],
    },
    want: {
      input_tokens: 1,
      output_tokens: 1,
      cache_creation_input_tokens: 30,
      cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
    },
  },
  {
    name: "output that only the total tells of",
    usage: { inputTokens: 10, outputTokens: 5, totalTokens: 30 },
    want: { input_tokens: 10, output_tokens: 20 },
  },
  { name: "nonsense as nothing", usage: { inputTokens: "7", outputTokens: -1 }, want: {} },
  {
    name: "a tier that costs more",
    usage: { inputTokens: 1, outputTokens: 1 },
    tier: { type: "priority" },
    want: { input_tokens: 1, output_tokens: 1, service_tier: "priority" },
  },
];

for (const { name, usage, tier, want } of USAGES) {
  Deno.test(`mapUsage() maps ${name}`, () => {
    assertEquals<unknown>(mapUsage(usage, tier), { ...NO_USAGE, ...want });
  });
}

Deno.test("matchedStop() and guardrailReason() find what they look for, or nothing", () => {
  assertEquals(matchedStop({ stop_sequence: "A" }), "A");
  assertEquals(matchedStop({ delta: { stop_sequence: "A" } }), "A");
  assertEquals([matchedStop(null), matchedStop({ delta: { stop_sequence: null } })], [
    undefined,
    undefined,
  ]);
  assertEquals(guardrailReason({ guardrail: { actionReason: "no" } }), "no");
  assertEquals([guardrailReason(undefined), guardrailReason({})], [undefined, undefined]);
});
