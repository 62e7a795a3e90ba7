import { assertEquals } from "@std/assert";
import type { JsonObject } from "../../../src/json.ts";
import { additionalOf, converseCall, MODELS } from "../../support/converse.ts";
import type { TurnParts } from "../../support/turn.ts";

interface Case {
  readonly name: string;
  readonly request?: JsonObject;
  readonly target?: TurnParts;
  /** `inferenceConfig`; by default the output limit and no more. */
  readonly config?: JsonObject;
  /** `additionalModelRequestFields`. */
  readonly additional?: JsonObject;
  readonly lost?: readonly string[];
}

const SAMPLING = { temperature: 0.5, top_p: 0.9, top_k: 40 };
const at = (model: string): TurnParts => ({ model });
const budget = (budget_tokens: number) => ({ thinking: { type: "enabled", budget_tokens } });
const effort = (level: string) => ({
  thinking: { type: "adaptive" },
  output_config: { effort: level },
});

const CASES: readonly Case[] = [
  { name: "the output limit" },
  {
    name: "an output limit above the target's",
    target: { maxOutputTokens: 50 },
    config: { maxTokens: 50 },
    lost: ["max_tokens"],
  },
  // sampling
  {
    name: "one of temperature and top_p for a Claude that takes one",
    request: SAMPLING,
    config: { maxTokens: 100, temperature: 0.5 },
    additional: { top_k: 40 },
  },
  {
    name: "top_p alone",
    request: { top_p: 0.9 },
    config: { maxTokens: 100, topP: 0.9 },
  },
  {
    name: "temperature and top_p for a Claude that takes both",
    request: SAMPLING,
    target: at(MODELS.claude35),
    config: { maxTokens: 100, temperature: 0.5, topP: 0.9 },
    additional: { top_k: 40 },
  },
  {
    name: "no sampling while Claude thinks",
    request: { ...SAMPLING, max_tokens: 9000, ...budget(2000) },
    config: { maxTokens: 9000 },
    additional: { thinking: { type: "enabled", budget_tokens: 2000 } },
  },
  {
    name: "no sampling for the newest Claude, thinking or not",
    request: SAMPLING,
    target: at(MODELS.claude5),
  },
  {
    name: "sampling for Claude 4.6 that does not think",
    request: SAMPLING,
    target: at(MODELS.claude46),
    config: { maxTokens: 100, temperature: 0.5 },
    additional: { top_k: 40 },
  },
  {
    name: "top_k of Nova in its own place",
    request: SAMPLING,
    target: at(MODELS.nova),
    config: { maxTokens: 100, temperature: 0.5, topP: 0.9 },
    additional: { inferenceConfig: { topK: 40 } },
  },
  {
    name: "no top_k for others",
    request: SAMPLING,
    target: at(MODELS.mistral),
    config: { maxTokens: 100, temperature: 0.5, topP: 0.9 },
    lost: ["top_k"],
  },
  {
    name: "no temperature for the closed models of OpenAI",
    request: { temperature: 0.5, top_p: 0.9 },
    target: at(MODELS.gpt5),
  },
  {
    name: "temperature for gpt-oss",
    request: { temperature: 0.5 },
    target: at(MODELS.gptOss),
    config: { maxTokens: 100, temperature: 0.5 },
  },
  // thinking by budget
  {
    name: "a budget of thinking, and an output limit that it fits into",
    request: budget(4000),
    config: { maxTokens: 4100 },
    additional: { thinking: { type: "enabled", budget_tokens: 4000 } },
    lost: ["max_tokens"],
  },
  {
    name: "a budget within the output limit as it is",
    request: { max_tokens: 4001, ...budget(4000) },
    config: { maxTokens: 4001 },
    additional: { thinking: { type: "enabled", budget_tokens: 4000 } },
  },
  {
    name: "a budget below the smallest as the smallest",
    request: { max_tokens: 4000, ...budget(500) },
    config: { maxTokens: 4000 },
    additional: { thinking: { type: "enabled", budget_tokens: 1024 } },
  },
  {
    name: "a budget that fits into the target's limit",
    request: { max_tokens: 3000, ...budget(8000) },
    target: { maxOutputTokens: 4000 },
    config: { maxTokens: 4000 },
    additional: { thinking: { type: "enabled", budget_tokens: 3999 } },
    lost: ["max_tokens"],
  },
  {
    name: "no thinking where the target's limit leaves no room for it",
    request: budget(2000),
    target: { maxOutputTokens: 1000 },
    config: { maxTokens: 100 },
    lost: ["thinking"],
  },
  ...[
    { level: "low", budget_tokens: 2048 },
    { level: "medium", budget_tokens: 8192 },
    { level: "high", budget_tokens: 24576 },
    { level: "xhigh", budget_tokens: 32768 },
    { level: "max", budget_tokens: 32768 },
  ].map(({ level, budget_tokens }): Case => ({
    name: `effort ${level} as a budget for a Claude that knows no efforts`,
    request: { max_tokens: 64000, ...effort(level) },
    config: { maxTokens: 64000 },
    additional: { thinking: { type: "enabled", budget_tokens } },
  })),
  {
    name: "adaptive thinking alone as a middling budget",
    request: { max_tokens: 64000, thinking: { type: "adaptive" } },
    config: { maxTokens: 64000 },
    additional: { thinking: { type: "enabled", budget_tokens: 8192 } },
  },
  {
    name: "nothing about thinking that is off, or not mentioned",
    request: { thinking: { type: "disabled" } },
  },
  {
    name: "an effort beside the budget, with its flag, for Opus 4.5",
    request: { max_tokens: 64000, ...effort("xhigh") },
    target: at(MODELS.opus45),
    config: { maxTokens: 64000 },
    additional: {
      thinking: { type: "enabled", budget_tokens: 32768 },
      output_config: { effort: "high" },
      anthropic_beta: ["effort-2025-11-24"],
    },
  },
  {
    name: "no thinking for a Claude that cannot",
    request: { ...effort("high"), ...SAMPLING },
    target: at(MODELS.claude35),
    config: { maxTokens: 100, temperature: 0.5, topP: 0.9 },
    additional: { top_k: 40 },
  },
  // adaptive thinking
  {
    name: "adaptive thinking with its effort",
    request: effort("max"),
    target: at(MODELS.claude46),
    additional: { thinking: { type: "adaptive" }, output_config: { effort: "max" } },
  },
  {
    name: "adaptive thinking without an effort",
    request: { thinking: { type: "adaptive" } },
    target: at(MODELS.claude5),
    additional: { thinking: { type: "adaptive" } },
  },
  {
    name: "what is shown of adaptive thinking",
    request: { thinking: { type: "adaptive", display: "summarized" } },
    target: at(MODELS.claude5),
    additional: { thinking: { type: "adaptive", display: "summarized" } },
  },
  {
    name: "a budget as an effort where there are no budgets",
    request: budget(10_000),
    target: at(MODELS.claude5),
    additional: { thinking: { type: "adaptive" }, output_config: { effort: "medium" } },
  },
  {
    name: "thinking that is switched off",
    request: { thinking: { type: "disabled" } },
    target: at(MODELS.claude5),
    additional: { thinking: { type: "disabled" } },
  },
  { name: "no word about thinking of which the client says none", target: at(MODELS.claude5) },
  // other families
  {
    name: "the effort of gpt-oss",
    request: effort("xhigh"),
    target: at(MODELS.gptOss),
    additional: { reasoning_effort: "high" },
  },
  {
    name: "the effort of Qwen",
    request: effort("high"),
    target: at(MODELS.qwen),
    additional: { reasoning_config: "high" },
  },
  {
    name: "the effort of Nova 2",
    request: effort("medium"),
    target: at(MODELS.nova2),
    additional: { reasoningConfig: { type: "enabled", maxReasoningEffort: "medium" } },
  },
  {
    name: "no limits beside the highest effort of Nova 2",
    request: { ...effort("high"), temperature: 0.5, top_k: 3 },
    target: at(MODELS.nova2),
    config: {},
    additional: { reasoningConfig: { type: "enabled", maxReasoningEffort: "high" } },
  },
  {
    name: "Nova 2 without thinking",
    request: { thinking: { type: "disabled" } },
    target: at(MODELS.nova2),
    additional: { reasoningConfig: { type: "disabled" } },
  },
  { name: "no effort for Nova 1", request: effort("high"), target: at(MODELS.nova) },
  // stop sequences
  {
    name: "stop sequences, each once and none of white space",
    request: { stop_sequences: ["END", "\n", "END", "##"] },
    config: { maxTokens: 100, stopSequences: ["END", "##"] },
  },
  // service
  {
    name: "nothing of what is Anthropic's own",
    request: {
      service_tier: "standard_only",
      metadata: { user_id: "u" },
      diagnostics: {},
      betas: ["x"],
      unknown_field: 1,
      output_config: { task_budget: { tokens: 1 } },
    },
  },
  {
    name: "what is lost of a request",
    request: { speed: "fast", inference_geo: "eu", fallbacks: [{ model: "x" }] },
    lost: ["speed", "inference_geo", "fallbacks"],
  },
  {
    name: "the quirk's extra fields",
    target: { quirks: { extra: { performance: "x" } } },
    additional: { performance: "x" },
  },
];

for (const { name, request = {}, target = {}, config, additional = {}, lost = [] } of CASES) {
  Deno.test(`translateRequest() sends ${name}`, () => {
    const call = converseCall({ ...target, request });
    assertEquals(call.body.inferenceConfig ?? {}, config ?? { maxTokens: 100 });
    assertEquals(additionalOf(call), additional);
    assertEquals(call.lost, lost);
  });
}

for (
  const { where, field } of [
    { where: "converse", field: { stream: false } },
    { where: "converse-stream", field: { stream: true } },
  ]
) {
  Deno.test(`translateRequest() calls ${where} for ${JSON.stringify(field)}`, () => {
    const { path, body, stream, headers } = converseCall({ request: field });
    assertEquals(path, `/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/${where}`);
    assertEquals([body.stream, body.model], [undefined, undefined]);
    const accept = stream ? "application/vnd.amazon.eventstream" : undefined;
    assertEquals([stream, headers?.accept], [field.stream, accept]);
  });
}

const ARN = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-opus-5";

Deno.test("translateRequest() knows the model behind an ARN, and encodes all of it", () => {
  const call = converseCall({ model: ARN, request: effort("low") });
  assertEquals(
    call.path,
    "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2F" +
      "us.anthropic.claude-opus-5/converse-stream",
  );
  assertEquals(additionalOf(call), {
    thinking: { type: "adaptive" },
    output_config: { effort: "low" },
  });
});

Deno.test("translateRequest() goes by the provider where an ARN names no model", () => {
  const model = "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc123";
  assertEquals(additionalOf(converseCall({ model, request: effort("low") })), {});
  const call = converseCall({ model, provider: "bedrock-claude", request: effort("low") });
  assertEquals(additionalOf(call), {
    thinking: { type: "adaptive" },
    output_config: { effort: "low" },
  });
});

Deno.test("translateRequest() watches for stop sequences that OpenAI's models do not take", () => {
  const request = { stop_sequences: ["END"], stream: false };
  const { emulatedStops, stream, path, body } = converseCall({ model: MODELS.gptOss, request });
  assertEquals([emulatedStops, stream], [["END"], true]);
  assertEquals(path, "/model/openai.gpt-oss-120b-1%3A0/converse-stream");
  assertEquals(body.inferenceConfig, { maxTokens: 100 });
});

for (
  const { stream, want } of [
    { stream: true, want: ["/delta/stop_sequence"] },
    { stream: false, want: ["/stop_sequence"] },
  ]
) {
  Deno.test(`translateRequest() asks Claude which stop sequence it ran into (stream ${stream})`, () => {
    const request = { stream, stop_sequences: ["END"] };
    assertEquals(converseCall({ request }).body.additionalModelResponseFieldPaths, want);
    assertEquals(
      converseCall({ model: MODELS.nova, request }).body.additionalModelResponseFieldPaths,
      undefined,
    );
    assertEquals(
      converseCall({ request: { stream } }).body.additionalModelResponseFieldPaths,
      undefined,
    );
  });
}

Deno.test("translateRequest() adds the target's body, below the model's own fields too", () => {
  const { body } = converseCall({
    body: {
      serviceTier: { type: "priority" },
      additionalModelRequestFields: { thinking: { type: "disabled" } },
    },
    request: { top_k: 5 },
  });
  assertEquals(body.serviceTier, { type: "priority" });
  assertEquals(body.additionalModelRequestFields, { top_k: 5, thinking: { type: "disabled" } });
});
