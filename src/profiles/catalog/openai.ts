import type { ModelQuirks, Quirks } from "../schema.ts";
import type { CatalogEntry } from "./entry.ts";

const QUIRKS: Quirks = {
  max_tokens_field: "max_completion_tokens",
  mid_system: "developer",
  pdf: "file_part",
  strict_tools: true,
  // Takes any JSON Schema as long as it is not strict (openapi.json, 2026-11).
  schema: [],
  session_field: "prompt_cache_key",
  service_tier: true,
  // gpt-4o and gpt-4.1 refuse reasoning_effort; the reasoning models below switch it on.
  effort: "none",
  efforts: ["low", "medium", "high"],
  max_tools: 128,
  token_factor: 1,
};

/** What every reasoning model refuses: `stop`, sampling, and the system role as such (2026-11). */
const REASONING: Quirks = {
  system_role: "developer",
  stop: "emulate",
  sampling: "locked",
  effort: "reasoning_effort",
};

/** OpenAI's models differ more than their hosts do: openai-chat in profiles.json, 2026-11. */
const MODELS: readonly ModelQuirks[] = [
  // The o-series cannot stop thinking.
  { match: ["o1*", "o3*", "o4*"], quirks: { ...REASONING, thinking_always: true } },
  // gpt-5 knows "minimal", and no "none".
  { match: ["gpt-5*"], quirks: { ...REASONING, effort_off: "minimal" } },
  // From gpt-5.1 on "none" exists, and temperature works with it and only with it.
  {
    match: ["gpt-5.?*"],
    quirks: {
      sampling: "only_when_off",
      effort_off: "none",
      efforts: ["low", "medium", "high", "xhigh"],
    },
  },
  // xhigh came with gpt-5.1-codex-max and gpt-5.2.
  { match: ["gpt-5.1", "gpt-5.1-2*"], quirks: { efforts: ["low", "medium", "high"] } },
  // gpt-6 takes no temperature at any effort.
  {
    match: ["gpt-6*"],
    quirks: { ...REASONING, effort_off: "none", efforts: ["low", "medium", "high", "xhigh"] },
  },
  // "Function tools with reasoning are not supported": only with effort none, or by Responses.
  {
    match: ["gpt-5.6*", "gpt-5.7*", "gpt-5.8*", "gpt-5.9*", "gpt-6*"],
    quirks: { tools_with_reasoning: "rejected" },
  },
  // 404 "This is not a chat model": codex and pro models speak the Responses API alone.
  { match: ["*-codex*", "codex-*", "*-pro", "*-pro-2*"], quirks: { responses_only: true } },
  // The chat variant of gpt-5 does not reason.
  {
    match: ["gpt-5-chat*"],
    quirks: {
      system_role: "system",
      stop: "send",
      sampling: "free",
      effort: "none",
      effort_off: null,
    },
  },
  // Search always runs; these models refuse temperature and top_p.
  {
    match: ["*-search-preview*", "gpt-5-search-api*"],
    quirks: { web_search: "web_search_options", sampling: "locked", effort: "none" },
  },
];

/** OpenAI and the clouds that serve its models under OpenAI's own rules. */
export const OPENAI: readonly CatalogEntry[] = [
  {
    names: ["openai", "openai-chat"],
    hosts: ["api.openai.com", "*.api.openai.com"],
    modes: ["chat_completions"],
    quirks: { ...QUIRKS, user_field: "safety_identifier" },
    models: MODELS,
    confidence: "verified",
  },
  {
    // Models go by the deployment's name; name it after the model, or say so in `quirks`.
    names: ["azure", "azure-chat"],
    hosts: ["*.openai.azure.com", "*.services.ai.azure.com", "*.cognitiveservices.azure.com"],
    modes: ["chat_completions"],
    // Azure refuses safety_identifier and service_tier as unknown fields (2026-11).
    quirks: { ...QUIRKS, auth: "api-key", user_field: "user", service_tier: false },
    models: MODELS,
    confidence: "verified",
  },
];
