import type { ModelQuirks, Quirks } from "../schema.ts";
import type { CatalogEntry } from "./entry.ts";

/** Servers that render a model's own chat template, which is often stricter than the API. */
const TEMPLATE_SERVER: Quirks = {
  // Qwen's template raises "System message must be at the beginning" (2026-11).
  mid_system: "user",
  // Older templates concatenate the content and fail on null.
  assistant_empty_content: "empty",
  reasoning_in: "optional",
};

const VLLM: Quirks = {
  ...TEMPLATE_SERVER,
  top_k: true,
  matched_stop_field: "stop_reason",
  reasoning_field: "reasoning",
  effort: "none",
  thinking_on: { chat_template_kwargs: { enable_thinking: true } },
  thinking_off: { chat_template_kwargs: { enable_thinking: false } },
};

const TEMPLATE_MODELS: readonly ModelQuirks[] = [
  // gpt-oss is steered by effort, and cannot stop thinking.
  {
    match: ["*gpt-oss*"],
    quirks: {
      effort: "reasoning_effort",
      thinking_on: null,
      thinking_off: null,
      thinking_always: true,
    },
  },
  // A self-hosted K2 derails on tool call ids of another shape than functions.<name>:<n>.
  { match: ["*kimi-k2*"], quirks: { tool_id: "kimi" } },
];

/** Servers at home: profiles.json and mapping 13, 2026-11. A key is sent where one is given. */
export const LOCAL: readonly CatalogEntry[] = [
  {
    names: ["vllm"],
    hosts: [],
    modes: ["chat_completions"],
    quirks: VLLM,
    models: TEMPLATE_MODELS,
    confidence: "reported",
  },
  {
    names: ["sglang"],
    hosts: [],
    modes: ["chat_completions"],
    quirks: {
      ...VLLM,
      matched_stop_field: "matched_stop",
      reasoning_field: "reasoning_content",
      finish_extra: { abort: "error" },
    },
    models: TEMPLATE_MODELS,
    confidence: "reported",
  },
  {
    names: ["ollama"],
    hosts: [
      "localhost:11434",
      "127.0.0.1:11434",
      "[::1]:11434",
      "ollama:11434",
      "host.docker.internal:11434",
      "ollama.com",
    ],
    modes: ["chat_completions"],
    quirks: {
      assistant_empty_content: "empty",
      image_url_remote: false,
      schema: ["drop_$schema", "inline_refs"],
      // `none` is ignored: the tools must go instead.
      tool_choice: ["auto", "required", "named"],
      effort_off: "none",
      reasoning_in: "optional",
      reasoning_field: "reasoning",
    },
    confidence: "reported",
  },
  {
    names: ["lmstudio", "lm-studio"],
    hosts: ["localhost:1234", "127.0.0.1:1234", "[::1]:1234", "host.docker.internal:1234"],
    modes: ["chat_completions"],
    quirks: {
      ...TEMPLATE_SERVER,
      image_url_remote: false,
      top_k: true,
      // "Invalid tool_choice type: 'object'".
      tool_choice: ["auto", "none", "required"],
      effort: "none",
    },
    confidence: "reported",
  },
  {
    names: ["llamacpp", "llama.cpp"],
    hosts: [],
    modes: ["chat_completions"],
    quirks: {
      ...TEMPLATE_SERVER,
      image_url_remote: false,
      top_k: true,
      tool_choice: ["auto", "none", "required"],
      effort: "none",
      thinking_on: { chat_template_kwargs: { enable_thinking: true } },
      thinking_off: { chat_template_kwargs: { enable_thinking: false } },
    },
    models: TEMPLATE_MODELS,
    confidence: "reported",
  },
  {
    // Nothing is known: sound defaults, and what a 400 names is left out the next time.
    names: ["generic"],
    hosts: ["*"],
    modes: ["chat_completions"],
    quirks: { reasoning_in: "tool_turns", learn: true },
    confidence: "assumed",
  },
];
