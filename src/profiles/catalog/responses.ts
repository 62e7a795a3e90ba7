import type { ModelQuirks, Quirks } from "../schema.ts";
import type { CatalogEntry } from "./entry.ts";

/** What every server of the Responses API shares. */
const SHARED: Quirks = {
  // 400 "integer below minimum value" for less; Claude Code's probes ask for 1.
  min_max_tokens: 16,
  mid_system: "developer",
  tool_msg_images: true,
  pdf: "file_part",
  reasoning_in: "items",
};

/** OpenAI's own endpoint: openai-responses in profiles.json and openapi.json, 2026-11. */
const QUIRKS: Quirks = {
  ...SHARED,
  strict_tools: true,
  // Takes any JSON Schema as long as it is not strict.
  schema: [],
  user_field: "safety_identifier",
  session_field: "prompt_cache_key",
  service_tier: true,
  // gpt-4o and gpt-4.1 refuse `reasoning` and encrypted content; the models below switch it on.
  effort: "none",
  web_search: "web_search",
  web_search_sources: true,
  max_tools: 128,
  token_factor: 1,
};

const COUNT_PATH = "/responses/input_tokens";

const REASONING: Quirks = {
  effort: "reasoning",
  reasoning_encrypted: true,
  sampling: "locked",
};

/** OpenAI's models; later entries win. */
const MODELS: readonly ModelQuirks[] = [
  // Neither the o-series nor gpt-5 knows effort "none".
  { match: ["o1*", "o3*", "o4*", "gpt-5*"], quirks: { ...REASONING, thinking_always: true } },
  {
    // From gpt-5.1 on "none" exists, and temperature works with it and only with it.
    match: ["gpt-5.?*"],
    quirks: {
      thinking_always: false,
      effort_off: "none",
      sampling: "only_when_off",
      efforts: ["low", "medium", "high", "xhigh"],
    },
  },
  // xhigh came with gpt-5.1-codex-max and gpt-5.2.
  {
    match: ["gpt-5.1", "gpt-5.1-2*", "gpt-5.1-codex", "gpt-5.1-codex-mini"],
    quirks: { efforts: ["low", "medium", "high"] },
  },
  { match: ["gpt-6*"], quirks: { ...REASONING, effort_off: "none" } },
  {
    match: ["gpt-5.6*", "gpt-5.7*", "gpt-5.8*", "gpt-5.9*", "gpt-6*"],
    quirks: { efforts: ["low", "medium", "high", "xhigh", "max"] },
  },
  // Seen first in answers of gpt-5.3-codex (2026-02): a message says whether it is the last word.
  {
    match: ["gpt-5.3-codex*", "gpt-5.4*", "gpt-5.5*", "gpt-5.6*", "gpt-5.7*", "gpt-6*"],
    quirks: { phase: true },
  },
  // Codex and pro models always think and take no temperature.
  {
    match: ["*-codex*", "codex-*", "*-pro", "*-pro-2*"],
    quirks: { ...REASONING, thinking_always: true, effort_off: null },
  },
  { match: ["gpt-5-pro*"], quirks: { efforts: ["high"] } },
  {
    match: ["gpt-5-chat*", "gpt-5.?-chat*"],
    quirks: {
      effort: "none",
      effort_off: null,
      reasoning_encrypted: false,
      sampling: "free",
      thinking_always: false,
    },
  },
];

/** Everybody who speaks OpenAI's Responses API. */
export const RESPONSES: readonly CatalogEntry[] = [
  {
    names: ["openai", "openai-responses"],
    hosts: ["api.openai.com", "*.api.openai.com"],
    modes: ["codex_responses"],
    quirks: { ...QUIRKS, count_tokens_path: COUNT_PATH },
    models: MODELS,
    confidence: "verified",
  },
  {
    // Models go by the deployment's name; name it after the model, or say so in `quirks`.
    names: ["azure", "azure-responses"],
    hosts: ["*.openai.azure.com", "*.services.ai.azure.com", "*.cognitiveservices.azure.com"],
    modes: ["codex_responses"],
    quirks: { ...QUIRKS, auth: "api-key", service_tier: false, models_path: null },
    models: MODELS,
    confidence: "verified",
  },
  {
    // The backend of ChatGPT accounts: `{"detail":"Unsupported parameter: …"}` for much (2026-11).
    names: ["codex"],
    hosts: ["chatgpt.com/backend-api/codex"],
    modes: ["codex_responses"],
    quirks: {
      ...QUIRKS,
      system_as: "instructions_always",
      force_stream: true,
      user_field: null,
      session_header: "session_id",
      service_tier: false,
      models_path: null,
      // Its models all reason.
      ...REASONING,
      thinking_always: true,
      efforts: ["low", "medium", "high", "xhigh"],
      drop_fields: [
        "max_output_tokens",
        "metadata",
        "previous_response_id",
        "prompt_cache_retention",
        "safety_identifier",
        "service_tier",
        "stream_options",
        "temperature",
        "top_p",
        "truncation",
        "user",
      ],
    },
    models: MODELS.filter(({ quirks }) => quirks.phase === true),
    confidence: "reported",
  },
  {
    // Rotates item ids from event to event, which does not matter: items go by their index.
    names: ["github-copilot", "copilot"],
    hosts: ["api.githubcopilot.com", "*.githubcopilot.com"],
    modes: ["codex_responses"],
    quirks: {
      ...QUIRKS,
      user_field: null,
      session_field: null,
      service_tier: false,
      web_search: "none",
      web_search_sources: false,
    },
    models: MODELS,
    confidence: "verified",
  },
  {
    names: ["xai"],
    hosts: ["api.x.ai", "*.api.x.ai"],
    modes: ["codex_responses"],
    quirks: {
      ...SHARED,
      // `instructions` was refused for long; a system message always worked.
      system_as: "input",
      mid_system: "system",
      user_field: "user",
      session_field: "prompt_cache_key",
      // grok-4 reasons and takes no effort; encrypted content comes with `include` only.
      effort: "reasoning",
      efforts: [],
      reasoning_encrypted: true,
      summary: "none",
      web_search: "web_search",
      web_search_blocked: "excluded_domains",
    },
    models: [
      // The low and high of grok-3-mini are the only efforts there are.
      { match: ["grok-3-mini*"], quirks: { efforts: ["low", "high"] } },
      { match: ["*non-reasoning*"], quirks: { effort: "none", reasoning_encrypted: false } },
    ],
    confidence: "verified",
  },
  {
    // Ends a reasoning item after the message that follows it, and leaves out event names.
    names: ["openrouter", "openrouter-responses"],
    hosts: ["openrouter.ai"],
    modes: ["codex_responses"],
    quirks: {
      ...SHARED,
      user_field: "user",
      // Its own schema requires both on messages of the assistant (openrouter.ai/docs, 2026-11).
      item_ids: true,
      web_search: "openrouter_plugins",
      effort: "reasoning",
      effort_off: "none",
      efforts: ["low", "medium", "high", "xhigh"],
      reasoning_encrypted: true,
    },
    models: [{ match: ["openai/*"], quirks: { strict_tools: true, schema: [], token_factor: 1 } }],
    confidence: "verified",
  },
  {
    // Leaves out `response.output_item.added` of function calls.
    names: ["lmstudio", "lm-studio"],
    hosts: ["localhost:1234", "127.0.0.1:1234", "[::1]:1234", "host.docker.internal:1234"],
    modes: ["codex_responses"],
    quirks: {
      ...SHARED,
      pdf: "none",
      image_url_remote: false,
      effort: "none",
      learn: true,
    },
    // Only gpt-oss is steered by effort.
    models: [{ match: ["*gpt-oss*"], quirks: { effort: "reasoning", thinking_always: true } }],
    confidence: "verified",
  },
  {
    // Nothing is known: what OpenAI documents, and what a 400 names is left out the next time.
    names: ["generic"],
    hosts: ["*"],
    modes: ["codex_responses"],
    quirks: {
      ...QUIRKS,
      count_tokens_path: COUNT_PATH,
      effort: "reasoning",
      effort_off: "none",
      reasoning_encrypted: true,
      learn: true,
      max_tools: null,
      token_factor: 1.1,
    },
    models: [
      { match: ["gpt-3*", "gpt-4*"], quirks: { effort: "none", reasoning_encrypted: false } },
      ...MODELS,
    ],
    confidence: "assumed",
  },
];
