import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { UnsupportedFeatureError } from "../../../src/errors.ts";
import type { JsonObject } from "../../../src/json.ts";
import type { Quirks } from "../../../src/profiles/schema.ts";
import { sessionOf } from "../../../src/translators/common/identity.ts";
import { chatCall } from "../../support/chat_request.ts";
import { testTurn, type TurnParts } from "../../support/turn.ts";

const OPENAI = { baseUrl: "https://api.openai.com/v1", model: "gpt-4.1" };

/** The fields of the body that are neither messages nor what every request has. */
function fields(request: JsonObject, parts: TurnParts = {}): JsonObject {
  const { body } = chatCall({ ...parts, request: { ...request, stream: false } });
  const { model: _, messages: __, stream: ___, tools: ____, ...rest } = body;
  return rest;
}

interface Case {
  readonly name: string;
  readonly request: JsonObject;
  readonly quirks?: Quirks;
  readonly want: JsonObject;
  readonly lost?: readonly string[];
}

const LIMIT = { max_tokens: 100 };
const SAMPLING = { temperature: 0.5, top_p: 0.9 };

const CASES: readonly Case[] = [
  { name: "the output limit", request: {}, want: LIMIT },
  {
    name: "the output limit in its newer field",
    request: {},
    quirks: { max_tokens_field: "max_completion_tokens" },
    want: { max_completion_tokens: 100 },
  },
  {
    name: "an output limit below the smallest",
    request: { max_tokens: 1 },
    quirks: { min_max_tokens: 16 },
    want: { max_tokens: 16 },
  },
  { name: "sampling", request: SAMPLING, want: { ...LIMIT, ...SAMPLING } },
  {
    name: "no sampling where it is locked",
    request: SAMPLING,
    quirks: { sampling: "locked" },
    want: LIMIT,
  },
  {
    name: "no sampling while thinking",
    request: { ...SAMPLING, thinking: { type: "adaptive" } },
    quirks: { sampling: "locked_when_thinking" },
    want: LIMIT,
  },
  {
    name: "sampling while not thinking",
    request: { ...SAMPLING, thinking: { type: "disabled" } },
    quirks: { sampling: "locked_when_thinking" },
    want: { ...LIMIT, ...SAMPLING },
  },
  {
    name: "sampling only where thinking is off",
    request: SAMPLING,
    quirks: { sampling: "only_when_off" },
    want: LIMIT,
  },
  {
    name: "a temperature within its range",
    request: { temperature: 0 },
    quirks: { temperature_min: 0.01 },
    want: { ...LIMIT, temperature: 0.01 },
  },
  {
    name: "a temperature below its top",
    request: { temperature: 1 },
    quirks: { temperature_max: 0.7 },
    want: { ...LIMIT, temperature: 0.7 },
  },
  {
    name: "top_p within an open range",
    request: { top_p: 1 },
    quirks: { top_p_open: true },
    want: { ...LIMIT, top_p: 0.99 },
  },
  { name: "top_k", request: { top_k: 5 }, quirks: { top_k: true }, want: { ...LIMIT, top_k: 5 } },
  { name: "no top_k where nobody knows it", request: { top_k: 5 }, want: LIMIT, lost: ["top_k"] },
  {
    name: "stop sequences, each once",
    request: { stop_sequences: ["a", "a", "b", " "] },
    want: { ...LIMIT, stop: ["a", "b"] },
  },
  {
    name: "no stop where all are emulated",
    request: { stop_sequences: ["a"] },
    quirks: { stop: "emulate" },
    want: { ...LIMIT, stream_options: { include_usage: true } },
  },
  {
    name: "no effort for adaptive thinking",
    request: { thinking: { type: "adaptive" } },
    want: LIMIT,
  },
  {
    name: "the effort",
    request: { output_config: { effort: "medium" } },
    want: { ...LIMIT, reasoning_effort: "medium" },
  },
  {
    name: "an effort above the highest",
    request: { output_config: { effort: "max" } },
    want: { ...LIMIT, reasoning_effort: "high" },
  },
  {
    name: "a low budget",
    request: { thinking: { type: "enabled", budget_tokens: 4000 } },
    want: { ...LIMIT, reasoning_effort: "low" },
  },
  {
    name: "a medium budget",
    request: { thinking: { type: "enabled", budget_tokens: 10000 } },
    want: { ...LIMIT, reasoning_effort: "medium" },
  },
  {
    name: "a high budget",
    request: { thinking: { type: "enabled", budget_tokens: 31999 } },
    want: { ...LIMIT, reasoning_effort: "high" },
  },
  {
    name: "an effort rather than a budget",
    request: {
      thinking: { type: "enabled", budget_tokens: 4000 },
      output_config: { effort: "high" },
    },
    want: { ...LIMIT, reasoning_effort: "high" },
  },
  {
    name: "an effort in the provider's words",
    request: { output_config: { effort: "medium" } },
    quirks: { effort_map: { medium: "high" } },
    want: { ...LIMIT, reasoning_effort: "high" },
  },
  {
    name: "no effort where none is known",
    request: { output_config: { effort: "medium" } },
    quirks: { effort: "none" },
    want: LIMIT,
  },
  {
    name: "the effort as an object",
    request: { output_config: { effort: "low" } },
    quirks: { effort: "reasoning" },
    want: { ...LIMIT, reasoning: { effort: "low" } },
  },
  {
    name: "a budget as an object",
    request: { thinking: { type: "enabled", budget_tokens: 2000 } },
    quirks: { effort: "reasoning" },
    want: { ...LIMIT, reasoning: { max_tokens: 2000 } },
  },
  {
    name: "no text of reasoning that nobody is shown",
    request: {
      thinking: { type: "adaptive", display: "omitted" },
      output_config: { effort: "low" },
    },
    quirks: { effort: "reasoning" },
    want: { ...LIMIT, reasoning: { effort: "low", exclude: true } },
  },
  {
    name: "the switch that is on",
    request: { thinking: { type: "adaptive" } },
    quirks: { thinking_on: { enable_thinking: true } },
    want: { ...LIMIT, enable_thinking: true },
  },
  {
    name: "no switch where thinking was not asked for",
    request: {},
    quirks: { thinking_on: { enable_thinking: true } },
    want: LIMIT,
  },
  {
    name: "the switch that is off",
    request: { thinking: { type: "disabled" } },
    quirks: { thinking_off: { enable_thinking: false } },
    want: { ...LIMIT, enable_thinking: false },
  },
  {
    name: "the switch that is off where no thinking means none",
    request: {},
    quirks: { thinking_off: { enable_thinking: false }, thinking_when_absent: "off" },
    want: { ...LIMIT, enable_thinking: false },
  },
  {
    name: "the effort that is off",
    request: { thinking: { type: "disabled" } },
    quirks: { effort_off: "none" },
    want: { ...LIMIT, reasoning_effort: "none" },
  },
  {
    name: "low effort where thinking cannot be switched off",
    request: { thinking: { type: "disabled" } },
    quirks: { thinking_always: true },
    want: { ...LIMIT, reasoning_effort: "low" },
    lost: ["thinking"],
  },
  {
    name: "no thinking where it is switched off for good",
    request: { thinking: { type: "adaptive" } },
    quirks: { thinking_never: true, effort_off: "none" },
    want: { ...LIMIT, reasoning_effort: "none" },
  },
  {
    name: "a budget in tokens",
    request: { output_config: { effort: "medium" } },
    quirks: { effort: "none", budget_field: "thinking_budget" },
    want: { ...LIMIT, thinking_budget: 12288 },
  },
  {
    name: "the client's own budget in tokens",
    request: { thinking: { type: "enabled", budget_tokens: 5000 } },
    quirks: { effort: "none", budget_field: "thinking_budget" },
    want: { ...LIMIT, thinking_budget: 5000 },
  },
  {
    name: "the effort of the last system message",
    request: {
      messages: [{ role: "user", content: "a" }, {
        role: "system",
        content: "b",
        output_config: { effort: "low" },
      }],
    },
    want: { ...LIMIT, reasoning_effort: "low" },
  },
  {
    name: "the standard tier where it is known",
    request: { service_tier: "standard_only" },
    quirks: { service_tier: true },
    want: { ...LIMIT, service_tier: "default" },
  },
  { name: "no tier elsewhere", request: { service_tier: "standard_only" }, want: LIMIT },
  { name: "nothing of fast mode", request: { speed: "fast" }, want: LIMIT, lost: ["speed"] },
  {
    name: "nothing of a region",
    request: { inference_geo: "eu" },
    want: LIMIT,
    lost: ["inference_geo"],
  },
  { name: "nothing of fallbacks", request: { fallbacks: [] }, want: LIMIT, lost: ["fallbacks"] },
  // Demands row 4.
  {
    name: "nothing of clearing thoughts",
    request: { context_management: { edits: [{ type: "clear_thinking_20251015", keep: "all" }] } },
    want: LIMIT,
  },
  {
    name: "nothing of clearing tool uses",
    request: { context_management: { edits: [{ type: "clear_tool_uses_20250919" }] } },
    want: LIMIT,
    lost: ["context_management.edits.0"],
  },
  // Demands row 6.
  {
    name: "nothing of fields that nobody knows",
    request: { diagnostics: {}, billing_policy: "x", betas: ["a"], newest: 1 },
    want: LIMIT,
  },
  {
    name: "the fields of the profile",
    request: {},
    quirks: { extra: { tool_stream: true } },
    want: { ...LIMIT, tool_stream: true },
  },
];

for (const { name, request, quirks = {}, want, lost = [] } of CASES) {
  Deno.test(`translateRequest() sends ${name}`, () => {
    const sent = fields(request, { quirks: { reasoning_in: "none", ...quirks } });
    assertEquals(sent, want);
    assertEquals(chatCall({ request, quirks }).lost, lost);
  });
}

const REJECTED: [path: string, value: unknown][] = [
  ["container", "c_1"],
  ["mcp_servers", [{ url: "https://m.test" }]],
  ["thread", { continue: "t" }],
];

for (const [path, value] of REJECTED) {
  Deno.test(`translateRequest() refuses ${path}, without which the answer would be another`, () => {
    assertThrows(
      () => chatCall({ request: { [path]: value } }),
      UnsupportedFeatureError,
      `${path}: `,
    );
  });
}

Deno.test("outputLimit() lowers the limit to the target's and tells (demands row 24)", () => {
  const { body, lost } = chatCall({ request: { max_tokens: 32000 }, maxOutputTokens: 8192 });
  assertEquals([body.max_tokens, lost], [8192, ["max_tokens"]]);
});

Deno.test("stopSequences() sends as many as the upstream takes and emulates the others", () => {
  const { body, emulatedStops, stream } = chatCall({
    quirks: { stop_max: 2 },
    request: { stream: false, stop_sequences: ["a", "b", "c", "d"] },
  });
  assertEquals([body.stop, emulatedStops, stream], [["a", "b"], ["c", "d"], true]);
});

const IDS: { name: string; user_id: string; session: string | undefined }[] = [
  { name: "a plain id", user_id: "someone", session: undefined },
  { name: "an older Claude Code's", user_id: "user_a_account_b_session_s1", session: "s1" },
  {
    name: "Claude Code's JSON",
    user_id: '{"device_id":"d","account_uuid":"a","session_id":"s1"}',
    session: "s1",
  },
];

for (const { name, user_id, session } of IDS) {
  // Demands row 28.
  Deno.test(`identity() of ${name} hashes the user without the session`, () => {
    const sent = fields({ metadata: { user_id } }, OPENAI);
    assertMatch(String(sent.safety_identifier), /^[0-9a-f]{64}$/);
    assertEquals(sent.metadata, undefined);
    const other = fields({ metadata: { user_id: user_id.replace("s1", "s2") } }, OPENAI);
    assertEquals(other.safety_identifier, sent.safety_identifier);
    assertEquals(sessionOf(testTurn({ request: { metadata: { user_id } } })), session);
    assertEquals(typeof sent.prompt_cache_key, session ? "string" : "undefined");
  });
}

Deno.test("identity() takes a header's session, and no user from a session alone", () => {
  const byHeader = fields({}, { ...OPENAI, session: "s1" });
  const byId = fields({ metadata: { user_id: '{"session_id":"s1"}' } }, OPENAI);
  assertEquals(byHeader, byId);
  assertEquals(Object.keys(byId), ["max_completion_tokens", "prompt_cache_key"]);
});

Deno.test("identity() sends nothing to a provider without such fields", () => {
  assertEquals(fields({ metadata: { user_id: "someone" } }), LIMIT);
});
