import type { Quirks } from "../schema.ts";
import type { CatalogEntry } from "./entry.ts";

/** The `thinking` switch that DeepSeek, Kimi, MiMo and GLM share. */
const THINKING_SWITCH: Quirks = {
  thinking_on: { thinking: { type: "enabled" } },
  thinking_off: { thinking: { type: "disabled" } },
  // They think unless told not to; at Anthropic no `thinking` means none.
  thinking_when_absent: "off",
};

const NO_SWITCH: Quirks = {
  thinking_on: null,
  thinking_off: null,
  thinking_when_absent: "omit",
  thinking_always: true,
};

/** Model makers with their own chat endpoint: profiles.json and mapping 9.2/9.4, 2026-11. */
export const VENDORS: readonly CatalogEntry[] = [
  {
    names: ["deepseek"],
    hosts: ["api.deepseek.com"],
    modes: ["chat_completions"],
    quirks: {
      ...THINKING_SWITCH,
      response_format: "json_object",
      // Accepted and ignored while thinking.
      sampling: "locked_when_thinking",
      efforts: ["low", "high", "max"],
      effort_map: { medium: "high", xhigh: "max" },
      // "The `reasoning_content` in the thinking mode must be passed back": 400 without, 200 with
      // "" (recorded 2026-11; anomalyco/opencode#24722).
      reasoning_in: "all",
      tool_choice_thinking: ["auto", "none", "required"],
      image_url_max: 8192,
      stop_max: 16,
      finish_extra: { insufficient_system_resource: "overloaded" },
    },
    models: [
      { match: ["deepseek-v4*"], quirks: { tool_msg_parts: true, tool_msg_images: true } },
    ],
    confidence: "verified",
  },
  {
    names: ["moonshot", "kimi"],
    hosts: ["api.moonshot.ai", "api.moonshot.cn", "api.kimi.com"],
    modes: ["chat_completions"],
    quirks: {
      max_tokens_field: "max_completion_tokens",
      image_url_remote: false,
      temperature_max: 1,
      effort: "none",
      tool_choice: ["auto", "none", "required"],
      // Moonshot's schema dialect wants `type` inside each `anyOf` member and `prefixItems`.
      schema: ["drop_$schema", "force_object_root", "tuple_items", "type_inside_anyOf"],
      response_format: "json_object",
      reasoning_in: "tool_turns",
    },
    models: [
      // From k2.5 on temperature and top_p are fixed and refused.
      { match: ["kimi-k2.?*", "kimi-k3*", "kimi-for-coding*"], quirks: { sampling: "locked" } },
      { match: ["kimi-k2.5*", "kimi-k2.6*"], quirks: THINKING_SWITCH },
      {
        match: ["kimi-k2.6*"],
        quirks: { thinking_on: { thinking: { type: "enabled", keep: "all" } } },
      },
      { match: ["kimi-k2.6*", "kimi-k2.7*"], quirks: { tool_choice: ["auto", "none"] } },
      { match: ["*thinking*", "kimi-k2.7*", "kimi-k3*"], quirks: NO_SWITCH },
      {
        match: ["kimi-k3*"],
        quirks: { effort: "reasoning_effort", efforts: ["low", "high", "max"] },
      },
    ],
    confidence: "verified",
  },
  {
    names: ["mimo", "xiaomi"],
    hosts: ["api.xiaomimimo.com", "*.xiaomimimo.com"],
    modes: ["chat_completions"],
    quirks: {
      ...THINKING_SWITCH,
      max_tokens_field: "max_completion_tokens",
      response_format: "json_object",
      effort: "none",
      reasoning_in: "all",
      tool_choice: ["auto"],
    },
    confidence: "reported",
  },
  {
    names: ["glm", "zai", "zhipu"],
    hosts: ["api.z.ai", "open.bigmodel.cn"],
    modes: ["chat_completions"],
    quirks: {
      ...THINKING_SWITCH,
      // Without clear_thinking: false, GLM forgets the reasoning of earlier tool calls.
      thinking_on: { thinking: { type: "enabled", clear_thinking: false } },
      effort: "none",
      reasoning_in: "tool_turns",
      tool_choice: ["auto"],
      schema: ["drop_$schema", "force_object_root"],
      response_format: "json_object",
      stop_max: 1,
      // temperature is (0,1] and top_p (0,1).
      temperature_min: 0.01,
      temperature_max: 1,
      top_p_open: true,
      // Without it tool arguments arrive in one piece at the end.
      extra: { tool_stream: true },
      finish_extra: {
        sensitive: "refusal",
        network_error: "error",
        model_context_window_exceeded: "model_context_window_exceeded",
      },
      error_codes: { "1113": 402, "1261": "context", "1302": 429, "1303": 429, "1305": 529 },
    },
    models: [
      // GLM 5.3 cannot stop thinking, and is the first with levels (recorded).
      {
        match: ["glm-5.3*", "glm-5.4*", "glm-5.5*", "glm-5.6*", "glm-6*"],
        quirks: {
          thinking_off: null,
          thinking_when_absent: "omit",
          thinking_always: true,
          effort: "reasoning_effort",
          efforts: ["low", "medium", "high", "max"],
        },
      },
    ],
    confidence: "verified",
  },
  {
    names: ["qwen", "dashscope"],
    hosts: ["dashscope*.aliyuncs.com"],
    modes: ["chat_completions"],
    quirks: {
      top_k: true,
      top_p_open: true,
      effort: "none",
      thinking_on: { enable_thinking: true },
      thinking_off: { enable_thinking: false },
      thinking_when_absent: "off",
      budget_field: "thinking_budget",
      tool_choice: ["auto", "none", "named"],
      tool_choice_thinking: ["auto", "none"],
    },
    models: [
      // The models with an explicit cache, which wants markers on parts.
      {
        match: [
          "qwen-plus*",
          "qwen-flash*",
          "qwen3-max*",
          "qwen3-coder-plus*",
          "qwen3-coder-flash*",
          "qwen3.?-*",
        ],
        quirks: { cache: "anthropic_parts", system_parts: true },
      },
      // From 3.6 on earlier reasoning is read, if preserve_thinking asks for it.
      {
        match: ["qwen3.6*", "qwen3.7*", "qwen3.8*", "qwen3.9*", "qwen4*"],
        quirks: {
          thinking_on: { enable_thinking: true, preserve_thinking: true },
          reasoning_in: "tool_turns",
        },
      },
      // Thinking is all they do.
      { match: ["*-thinking*", "qwq*", "qvq*"], quirks: NO_SWITCH },
    ],
    confidence: "verified",
  },
  {
    names: ["minimax"],
    hosts: ["api.minimax.io", "api.minimaxi.com"],
    modes: ["chat_completions"],
    quirks: {
      // Without it the reasoning comes as <think> text inside the answer.
      extra: { reasoning_split: true },
      assistant_empty_content: "empty",
      temperature_min: 0.01,
      temperature_max: 1,
      effort: "none",
      thinking_always: true,
      reasoning_in: "tool_turns",
    },
    confidence: "reported",
  },
];
