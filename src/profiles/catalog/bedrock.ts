import type { ModelQuirks, Quirks } from "../schema.ts";
import type { CatalogEntry } from "./entry.ts";

/**
 * What Amazon Bedrock's Converse API does for every model; a model of a kind that this program has
 * never heard of is sent what most of them take, and may teach what it does not.
 *
 * @see {@link https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-supported-models-features.html}
 */
const CONVERSE: Quirks = {
  auth: "aws",
  models_path: null,
  count_tokens_path: "/model/{model}/count-tokens",
  mid_system: "user",
  tool_empty: "(no output)",
  tool_msg_images: true,
  image_url_remote: false,
  pdf: "document",
  tool_id: "bedrock",
  tool_choice: ["auto", "required", "named"],
  parallel_tool_calls: "omit",
  tool_status: false,
  schema: ["drop_$schema", "force_object_root"],
  stop_max: 2500,
  temperature_max: 1,
  reasoning_in: "drop_unsigned",
  learn: true,
};

/** The flags that all of Bedrock's Claude 4 models and later ones take. */
const BETAS = [
  "interleaved-thinking-2025-05-14",
  "context-1m-2025-08-07",
  "context-management-2025-06-27",
  "computer-use-2025-01-24",
  "computer-use-2025-11-24",
  "fine-grained-tool-streaming-2025-05-14",
];

/** The newest Claude models, which decide for themselves how long they think. */
const CLAUDE: Quirks = {
  schema: [],
  cache: "cache_point",
  cache_ttl: true,
  citations: true,
  billing_header: true,
  tool_status: true,
  strict_tools: true,
  strict_with_format: false,
  parallel_tool_calls: "send",
  tool_choice_thinking: ["auto"],
  native_tools: ["computer_2025*"],
  betas: [...BETAS, "effort-2025-11-24", "task-budgets-2026-03-13"],
  matched_stop_field: "stop_sequence",
  mid_system: "system",
  prefill: true,
  top_k: true,
  sampling: "locked",
  temperature_or_top_p: true,
  reasoning_in: "signed",
  thinking_on: { thinking: { type: "adaptive" } },
  thinking_off: { thinking: { type: "disabled" } },
  thinking_when_absent: "off",
  thinking_display: true,
  effort_path: "output_config.effort",
  efforts: ["low", "medium", "high", "xhigh", "max"],
  token_factor: 1.2,
};

/** Claude 3.7 to 4.5: they think as long as they are told to in tokens. */
const CLAUDE_BY_BUDGET: Quirks = {
  mid_system: "user",
  sampling: "locked_when_thinking",
  thinking_on: { thinking: { type: "enabled" } },
  thinking_off: null,
  thinking_display: false,
  budget_field: "thinking.budget_tokens",
  effort_path: null,
  betas: BETAS,
};

/** Claude before 4.5: no schemas for answers, no strict tools, and caches live for five minutes. */
const CLAUDE_OLD: Quirks = {
  response_format: "none",
  strict_tools: false,
  cache_ttl: false,
  temperature_or_top_p: false,
};

/** Later entries win. */
const CLAUDE_MODELS: readonly ModelQuirks[] = [
  {
    match: ["*claude-*-4-6*"],
    quirks: { mid_system: "user", sampling: "locked_when_thinking" },
  },
  { match: ["*claude-opus-4-6*"], quirks: { strict_with_format: true } },
  { match: ["*claude-opus-4-7*"], quirks: { mid_system: "user" } },
  // They refuse to be forced to call a tool, as at Anthropic.
  {
    match: ["*claude-sonnet-5-5*", "*claude-opus-5-5*", "*claude-fable-5-1*", "*claude-fable-5-2*"],
    quirks: { tool_choice: ["auto"] },
  },
  {
    match: [
      "*claude-3*",
      "*claude-sonnet-4",
      "*claude-sonnet-4-2*",
      "*claude-opus-4",
      "*claude-opus-4-2*",
      "*claude-opus-4-1*",
      "*claude-*-4-5*",
    ],
    quirks: CLAUDE_BY_BUDGET,
  },
  { match: ["*claude-sonnet-4-5*", "*claude-opus-4-5*"], quirks: { strict_with_format: true } },
  // The only model with a budget that has efforts too.
  {
    match: ["*claude-opus-4-5*"],
    quirks: {
      betas: [...BETAS, "effort-2025-11-24"],
      effort_path: "output_config.effort",
      effort_beta: "effort-2025-11-24",
      efforts: ["low", "medium", "high"],
    },
  },
  {
    match: [
      "*claude-3*",
      "*claude-sonnet-4",
      "*claude-sonnet-4-2*",
      "*claude-opus-4",
      "*claude-opus-4-2*",
      "*claude-opus-4-1*",
    ],
    quirks: CLAUDE_OLD,
  },
  { match: ["*claude-opus-4-1*"], quirks: { temperature_or_top_p: true } },
  {
    match: ["*claude-3-7*"],
    quirks: {
      betas: [
        "computer-use-2025-01-24",
        "token-efficient-tools-2025-02-19",
        "output-128k-2025-02-19",
      ],
    },
  },
  // Before 3.7 they do not think.
  {
    match: ["*claude-3-haiku*", "*claude-3-sonnet*", "*claude-3-opus*", "*claude-3-5-*"],
    quirks: {
      betas: [],
      native_tools: [],
      sampling: "free",
      thinking_on: null,
      budget_field: null,
    },
  },
];

/** @see {@link https://docs.aws.amazon.com/nova/latest/userguide/using-converse-api.html} */
const NOVA: Quirks = {
  schema: ["drop_$schema", "inline_refs", "force_object_root"],
  cache: "cache_point",
  cache_tools: false,
  tool_status: true,
  response_format: "none",
  top_k: true,
  top_k_path: "inferenceConfig.topK",
};

const NOVA_2: Quirks = {
  thinking_on: { reasoningConfig: { type: "enabled" } },
  thinking_off: { reasoningConfig: { type: "disabled" } },
  effort_path: "reasoningConfig.maxReasoningEffort",
  efforts: ["low", "medium", "high"],
  // "temperature, topP and maxTokens cannot be used with maxReasoningEffort set to high"
  unlimited_efforts: ["high"],
};

/** gpt-oss, and the closed models behind the same endpoint. */
const OPENAI: Quirks = {
  stop: "emulate",
  images: false,
  effort_path: "reasoning_effort",
  efforts: ["low", "medium", "high"],
};

/** The closed models: "This model doesn't support the temperature field" (seen live). */
const OPENAI_CLOSED: Quirks = { images: true, sampling: "locked" };

const QWEN: Quirks = {
  images: false,
  effort_path: "reasoning_config",
  efforts: ["low", "medium", "high"],
};

const MISTRAL: Quirks = { tool_id: "alnum9", tool_choice: ["auto", "required"] };

/** Models that other quirks hold for, by their vendor's name in the id. */
const MODELS: readonly ModelQuirks[] = [
  { match: ["*anthropic.claude*"], quirks: CLAUDE },
  ...CLAUDE_MODELS,
  { match: ["*amazon.nova*"], quirks: NOVA },
  { match: ["*amazon.nova-2*"], quirks: NOVA_2 },
  { match: ["*amazon.nova-micro*"], quirks: { images: false } },
  { match: ["*amazon.titan*"], quirks: { tools: false, images: false, response_format: "none" } },
  { match: ["*openai.*"], quirks: OPENAI },
  { match: ["*openai.gpt-5*", "*openai.gpt-6*"], quirks: OPENAI_CLOSED },
  { match: ["*qwen.*"], quirks: QWEN },
  { match: ["*qwen.*-vl*"], quirks: { images: true } },
  { match: ["*mistral.*"], quirks: MISTRAL },
  {
    match: ["*mistral.mistral-7b*", "*mistral.mixtral*", "*mistral.mistral-large-240*"],
    quirks: { images: false, response_format: "none" },
  },
  {
    match: ["*meta.llama*", "*cohere.*", "*ai21.*"],
    quirks: { tool_choice: ["auto"], response_format: "none" },
  },
  {
    match: ["*meta.llama3-*", "*cohere.*", "*ai21.*", "*deepseek.*", "*minimax.*", "*moonshot*"],
    quirks: { images: false },
  },
  { match: ["*deepseek.r1*"], quirks: { tools: false, response_format: "none" } },
];

/**
 * Amazon Bedrock. A model is known by its id, by an inference profile or an ARN that holds the id;
 * an ARN that does not needs `provider:`, for which the families have names of their own.
 */
export const BEDROCK: readonly CatalogEntry[] = [
  family("bedrock-claude", CLAUDE, CLAUDE_MODELS),
  family("bedrock-nova", { ...NOVA, ...NOVA_2 }),
  family("bedrock-openai", OPENAI),
  family("bedrock-qwen", QWEN),
  family("bedrock-mistral", MISTRAL),
  family("bedrock-kimi", { images: false }),
  {
    names: ["bedrock"],
    hosts: ["*"],
    modes: ["bedrock_converse"],
    quirks: CONVERSE,
    models: MODELS,
    confidence: "verified",
  },
];

/** A family by its name alone; reasoning state is the same as of the models behind their ids. */
function family(
  name: string,
  quirks: Quirks,
  models: readonly ModelQuirks[] = [],
): CatalogEntry {
  return {
    names: [name],
    family: "bedrock",
    hosts: [],
    modes: ["bedrock_converse"],
    quirks: { ...CONVERSE, ...quirks },
    models,
    confidence: "verified",
  };
}
