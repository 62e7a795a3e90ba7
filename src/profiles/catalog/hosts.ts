import type { CatalogEntry } from "./entry.ts";

/** Clouds that serve models of others: profiles.json and mapping 9.2/9.4/13, 2026-11. */
export const HOSTS: readonly CatalogEntry[] = [
  {
    names: ["openrouter"],
    hosts: ["openrouter.ai"],
    modes: ["chat_completions"],
    quirks: {
      // Claude, Qwen and Gemini routes use the markers, the others ignore them.
      cache: "anthropic_parts",
      system_parts: true,
      top_k: true,
      pdf: "file_part",
      user_field: "user",
      session_field: "session_id",
      effort: "reasoning",
      efforts: ["low", "medium", "high", "xhigh"],
      thinking_off: { reasoning: { enabled: false } },
      // Signatures sit in reasoning_details: order, ids and indexes must come back unchanged.
      reasoning_in: "details",
      reasoning_field: "reasoning",
      web_search: "openrouter_plugins",
      finish_extra: { error: "error" },
    },
    models: [
      {
        match: ["anthropic/*"],
        quirks: {
          eager_input_streaming: true,
          // Claude thinks only when asked to; the other routes do so by themselves.
          thinking_on: { reasoning: { enabled: true } },
          token_factor: 1.2,
        },
      },
      { match: ["openai/*"], quirks: { token_factor: 1 } },
    ],
    confidence: "verified",
  },
  {
    names: ["groq"],
    hosts: ["api.groq.com"],
    modes: ["chat_completions"],
    quirks: {
      max_tokens_field: "max_completion_tokens",
      // Models without reasoning refuse reasoning_effort and reasoning_format.
      effort: "none",
      reasoning_in: "optional",
      reasoning_field: "reasoning",
      response_format: "json_object",
    },
    models: [
      {
        match: ["*gpt-oss*"],
        quirks: {
          effort: "reasoning_effort",
          thinking_always: true,
          response_format: "json_schema",
        },
      },
      {
        match: ["*qwen3*"],
        quirks: {
          effort: "reasoning_effort",
          // Two settings only: it thinks ("default") or it does not ("none").
          efforts: ["default"],
          effort_map: {
            low: "default",
            medium: "default",
            high: "default",
            xhigh: "default",
            max: "default",
          },
          effort_off: "none",
          extra: { reasoning_format: "parsed" },
        },
      },
      {
        match: ["*llama-4*", "*kimi-k2*"],
        quirks: { response_format: "json_schema" },
      },
    ],
    confidence: "verified",
  },
  {
    names: ["cerebras"],
    hosts: ["api.cerebras.ai"],
    modes: ["chat_completions"],
    quirks: {
      max_tokens_field: "max_completion_tokens",
      effort: "none",
      reasoning_in: "optional",
      reasoning_field: "reasoning",
    },
    models: [
      { match: ["*gpt-oss*"], quirks: { effort: "reasoning_effort", thinking_always: true } },
      // Recorded: GLM at Cerebras reads earlier reasoning from <think> text only.
      {
        match: ["*glm*"],
        quirks: { reasoning_in: "think_tag", thinking_off: { disable_reasoning: true } },
      },
    ],
    confidence: "verified",
  },
  {
    names: ["mistral"],
    hosts: ["api.mistral.ai", "codestral.mistral.ai"],
    modes: ["chat_completions"],
    quirks: {
      tool_id: "alnum9",
      required_spelling: "any",
      strict_alternation: true,
      // "Unexpected role 'system' after role 'tool'" and "'user' after role 'tool'".
      mid_system: "user",
      tool_image_strategy: "inline_text",
      // 422 extra_forbidden; usage comes without asking.
      stream_options: false,
      effort: "none",
      reasoning_in: "parts",
      finish_extra: { model_length: "model_context_window_exceeded" },
    },
    models: [
      { match: ["magistral*"], quirks: { thinking_on: { prompt_mode: "reasoning" } } },
      // The newer ones take reasoning_effort, but only none and high.
      {
        match: ["mistral-small-26*", "mistral-medium-26*", "mistral-large-26*"],
        quirks: {
          effort: "reasoning_effort",
          efforts: ["high"],
          effort_map: { low: "high", medium: "high", high: "high", xhigh: "high", max: "high" },
          effort_off: "none",
        },
      },
    ],
    confidence: "verified",
  },
  {
    names: ["xai", "grok"],
    hosts: ["api.x.ai", "*.api.x.ai"],
    modes: ["chat_completions"],
    quirks: {
      max_tokens_field: "max_completion_tokens",
      // completion_tokens leaves the reasoning out.
      usage_output: "total-prompt",
      effort: "none",
      reasoning_in: "optional",
    },
    models: [
      // Reasoning models refuse `stop`.
      {
        match: ["grok-3-mini*", "grok-4*", "grok-5*", "grok-code*"],
        quirks: { stop: "emulate", thinking_always: true },
      },
      { match: ["grok-3-mini*"], quirks: { effort: "reasoning_effort", efforts: ["low", "high"] } },
      { match: ["*-non-reasoning*"], quirks: { stop: "send", thinking_always: false } },
    ],
    confidence: "verified",
  },
  {
    names: ["gemini", "gemini-compat"],
    hosts: ["generativelanguage.googleapis.com", "*aiplatform.googleapis.com"],
    modes: ["chat_completions"],
    quirks: {
      // Recorded: 35 prompt + 12 completion of 126 total tokens.
      usage_output: "total-prompt",
      schema: [
        "drop_$schema",
        "inline_refs",
        "no_type_array",
        "no_const",
        "enum_strings",
        "drop_keywords:propertyNames,patternProperties,if,then,else,not,default,examples," +
        "exclusiveMinimum,exclusiveMaximum,format",
      ],
      parallel_tool_calls: "omit",
      effort_off: "minimal",
      // The first call of a step needs its thought_signature back (anthropics/claude-code#87311).
      reasoning_in: "gemini_sig",
      finish_extra: { "function_call_filter: MALFORMED_FUNCTION_CALL": "error" },
    },
    models: [{ match: ["*gemini-2.5-flash*"], quirks: { effort_off: "none" } }],
    confidence: "verified",
  },
  {
    names: ["together", "together-fireworks"],
    hosts: ["api.together.xyz", "api.together.ai"],
    modes: ["chat_completions"],
    quirks: { top_k: true, reasoning_in: "optional", reasoning_field: "reasoning" },
    models: [{ match: ["*deepseek-r1*"], quirks: { think_tags: true, reasoning_in: "none" } }],
    confidence: "reported",
  },
  {
    names: ["fireworks"],
    hosts: ["api.fireworks.ai"],
    modes: ["chat_completions"],
    quirks: { top_k: true, reasoning_in: "optional" },
    models: [{ match: ["*deepseek-r1*"], quirks: { think_tags: true, reasoning_in: "none" } }],
    confidence: "reported",
  },
  {
    // Anthropic's own compatibility layer; `anthropic_messages` is the better way in.
    names: ["anthropic", "anthropic-openai-compat"],
    hosts: ["api.anthropic.com"],
    modes: ["chat_completions"],
    // It ignores response_format and reasoning_effort.
    quirks: { response_format: "none", effort: "none", temperature_max: 1, token_factor: 1.2 },
    confidence: "verified",
  },
];
