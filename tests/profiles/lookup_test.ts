import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { findProfile, profileNames } from "../../src/profiles/lookup.ts";
import type { Profile, Quirks } from "../../src/profiles/schema.ts";

const CHAT = "chat_completions";
const ANTHROPIC = "anthropic_messages";

const HOSTS: { mode: string; baseUrl: string; want: string }[] = [
  { mode: CHAT, baseUrl: "https://api.openai.com/v1", want: "openai" },
  { mode: CHAT, baseUrl: "https://eu.api.openai.com/v1", want: "openai" },
  { mode: CHAT, baseUrl: "https://me.openai.azure.com/openai/v1", want: "azure" },
  { mode: CHAT, baseUrl: "https://api.deepseek.com", want: "deepseek" },
  { mode: CHAT, baseUrl: "https://API.DeepSeek.com/beta", want: "deepseek" },
  { mode: CHAT, baseUrl: "https://api.moonshot.ai/v1", want: "moonshot" },
  { mode: CHAT, baseUrl: "https://api.moonshot.cn/v1", want: "moonshot" },
  { mode: CHAT, baseUrl: "https://api.xiaomimimo.com/v1", want: "mimo" },
  { mode: CHAT, baseUrl: "https://api.z.ai/api/coding/paas/v4", want: "glm" },
  { mode: CHAT, baseUrl: "https://open.bigmodel.cn/api/paas/v4", want: "glm" },
  {
    mode: CHAT,
    baseUrl: "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
    want: "qwen",
  },
  { mode: CHAT, baseUrl: "https://dashscope.aliyuncs.com/compatible-mode/v1", want: "qwen" },
  { mode: CHAT, baseUrl: "https://api.minimax.io/v1", want: "minimax" },
  { mode: CHAT, baseUrl: "https://openrouter.ai/api/v1", want: "openrouter" },
  { mode: CHAT, baseUrl: "https://api.groq.com/openai/v1", want: "groq" },
  { mode: CHAT, baseUrl: "https://api.cerebras.ai/v1", want: "cerebras" },
  { mode: CHAT, baseUrl: "https://api.mistral.ai/v1", want: "mistral" },
  { mode: CHAT, baseUrl: "https://api.x.ai/v1", want: "xai" },
  {
    mode: CHAT,
    baseUrl: "https://generativelanguage.googleapis.com/v1beta/openai",
    want: "gemini",
  },
  { mode: CHAT, baseUrl: "http://localhost:11434/v1", want: "ollama" },
  { mode: CHAT, baseUrl: "http://127.0.0.1:11434", want: "ollama" },
  { mode: CHAT, baseUrl: "http://[::1]:11434/v1", want: "ollama" },
  { mode: CHAT, baseUrl: "http://localhost:1234/v1", want: "lmstudio" },
  { mode: CHAT, baseUrl: "https://api.together.xyz/v1", want: "together" },
  { mode: CHAT, baseUrl: "https://api.fireworks.ai/inference/v1", want: "fireworks" },
  { mode: CHAT, baseUrl: "https://api.anthropic.com/v1", want: "anthropic" },
  { mode: CHAT, baseUrl: "http://localhost:8000/v1", want: "generic" },
  { mode: CHAT, baseUrl: "https://evil.example/api.openai.com", want: "generic" },
  { mode: CHAT, baseUrl: "https://api.openai.com.example/v1", want: "generic" },
  { mode: CHAT, baseUrl: "", want: "generic" },
  { mode: ANTHROPIC, baseUrl: "https://api.anthropic.com", want: "anthropic" },
  { mode: ANTHROPIC, baseUrl: "https://api.deepseek.com/anthropic", want: "deepseek" },
  { mode: ANTHROPIC, baseUrl: "https://api.moonshot.ai/anthropic", want: "moonshot" },
  { mode: ANTHROPIC, baseUrl: "https://openrouter.ai/api", want: "openrouter" },
  { mode: ANTHROPIC, baseUrl: "http://127.0.0.1:5005", want: "anthropic-compatible" },
  { mode: "a_mode_without_profiles", baseUrl: "https://api.openai.com", want: "generic" },
];

for (const { mode, baseUrl, want } of HOSTS) {
  Deno.test(`findProfile() takes '${baseUrl}' (${mode}) for ${want}`, () => {
    assertEquals(findProfile({ mode, baseUrl })?.name, want);
  });
}

const MODELS: { provider: string; model: string; want: Quirks }[] = [
  {
    provider: "openai",
    model: "gpt-4o",
    want: { system_role: "system", stop: "send", sampling: "free", effort: "none" },
  },
  {
    provider: "openai",
    model: "o4-mini",
    want: {
      system_role: "developer",
      stop: "emulate",
      sampling: "locked",
      thinking_always: true,
      effort_off: null,
    },
  },
  {
    provider: "openai",
    model: "gpt-5-mini",
    want: { system_role: "developer", sampling: "locked", effort_off: "minimal" },
  },
  {
    provider: "openai",
    model: "gpt-5.1",
    want: {
      sampling: "only_when_off",
      effort_off: "none",
      efforts: ["low", "medium", "high"],
      tools_with_reasoning: "ok",
    },
  },
  {
    provider: "openai",
    model: "gpt-5.2-2025-12-11",
    want: { efforts: ["low", "medium", "high", "xhigh"], tools_with_reasoning: "ok" },
  },
  {
    provider: "openai",
    model: "gpt-5.6",
    want: { tools_with_reasoning: "rejected", sampling: "only_when_off" },
  },
  {
    provider: "openai",
    model: "gpt-6-mini",
    want: { tools_with_reasoning: "rejected", sampling: "locked", stop: "emulate" },
  },
  {
    provider: "openai",
    model: "gpt-5-chat-latest",
    want: { system_role: "system", stop: "send", sampling: "free", effort: "none" },
  },
  { provider: "azure", model: "gpt-5.2", want: { auth: "api-key", user_field: "user" } },
  {
    provider: "deepseek",
    model: "deepseek-chat",
    want: {
      thinking_on: { thinking: { type: "enabled" } },
      thinking_off: { thinking: { type: "disabled" } },
      thinking_when_absent: "off",
      reasoning_in: "all",
      tool_msg_images: false,
      stop_max: 16,
    },
  },
  { provider: "deepseek", model: "deepseek-v4-pro", want: { tool_msg_images: true } },
  {
    provider: "moonshot",
    model: "kimi-k2.6",
    want: {
      thinking_on: { thinking: { type: "enabled", keep: "all" } },
      tool_choice: ["auto", "none"],
      sampling: "locked",
    },
  },
  {
    provider: "moonshot",
    model: "kimi-k3",
    want: {
      thinking_on: null,
      thinking_always: true,
      thinking_when_absent: "omit",
      effort: "reasoning_effort",
      efforts: ["low", "high", "max"],
    },
  },
  { provider: "moonshot", model: "moonshot-v1-8k", want: { sampling: "free", temperature_max: 1 } },
  {
    provider: "glm",
    model: "glm-4.6",
    want: { thinking_off: { thinking: { type: "disabled" } }, effort: "none", stop_max: 1 },
  },
  {
    provider: "glm",
    model: "glm-5.3",
    want: { thinking_off: null, thinking_always: true, effort: "reasoning_effort" },
  },
  {
    provider: "qwen",
    model: "qwen3-max",
    want: { thinking_on: { enable_thinking: true }, cache: "anthropic_parts", system_parts: true },
  },
  {
    provider: "qwen",
    model: "qwen3.6-plus",
    want: {
      thinking_on: { enable_thinking: true, preserve_thinking: true },
      reasoning_in: "tool_turns",
    },
  },
  { provider: "qwen", model: "qwen-turbo", want: { cache: "none", reasoning_in: "none" } },
  {
    provider: "groq",
    model: "openai/gpt-oss-120b",
    want: { effort: "reasoning_effort", thinking_always: true, extra: {} },
  },
  {
    provider: "groq",
    model: "qwen/qwen3-32b",
    want: { effort_off: "none", efforts: ["default"], extra: { reasoning_format: "parsed" } },
  },
  { provider: "groq", model: "llama-3.3-70b-versatile", want: { effort: "none", extra: {} } },
  { provider: "cerebras", model: "zai-glm-4.7", want: { reasoning_in: "think_tag" } },
  { provider: "mistral", model: "magistral-medium-2507", want: { tool_id: "alnum9" } },
  { provider: "xai", model: "grok-4", want: { stop: "emulate", effort: "none" } },
  { provider: "xai", model: "grok-4-fast-non-reasoning", want: { stop: "send" } },
  { provider: "gemini", model: "gemini-2.5-flash", want: { effort_off: "none" } },
  { provider: "gemini", model: "gemini-2.5-pro", want: { effort_off: "minimal" } },
  {
    provider: "vllm",
    model: "Qwen/Qwen3-8B",
    want: {
      thinking_off: { chat_template_kwargs: { enable_thinking: false } },
      matched_stop_field: "stop_reason",
      tool_id: "any",
    },
  },
  { provider: "sglang", model: "x", want: { matched_stop_field: "matched_stop" } },
  { provider: "sglang", model: "moonshotai/Kimi-K2-Instruct", want: { tool_id: "kimi" } },
  {
    provider: "openrouter",
    model: "anthropic/claude-sonnet-4.5",
    want: { thinking_on: { reasoning: { enabled: true } }, eager_input_streaming: true },
  },
  {
    provider: "openrouter",
    model: "openai/gpt-5",
    want: { thinking_on: null, thinking_off: { reasoning: { enabled: false } }, token_factor: 1 },
  },
  { provider: "generic", model: "x", want: { learn: true, auth: "bearer" } },
];

for (const { provider, model, want } of MODELS) {
  Deno.test(`findProfile() knows ${provider}'s ${model}`, () => {
    const profile = findProfile({ mode: CHAT, baseUrl: "", provider })?.profileFor(model);
    assert(profile !== undefined);
    assertEquals(profile, { ...profile, ...want as Partial<Profile> });
  });
}

const RELAYS: { baseUrl: string; want: Quirks }[] = [
  {
    baseUrl: "http://127.0.0.1:5005",
    want: { auth: "x-api-key", repair_sse: false, drop_mid_system: false, token_factor: 1.2 },
  },
  {
    baseUrl: "https://api.anthropic.com",
    want: { auth: "x-api-key", repair_sse: false, drop_mid_system: false, token_factor: 1.2 },
  },
  {
    baseUrl: "https://api.deepseek.com/anthropic",
    want: { auth: "x-api-key", repair_sse: true, drop_mid_system: true },
  },
  { baseUrl: "https://openrouter.ai/api", want: { auth: "bearer", repair_sse: true } },
];

for (const { baseUrl, want } of RELAYS) {
  Deno.test(`findProfile() knows how '${baseUrl}' wants to be relayed to`, () => {
    const profile = findProfile({ mode: ANTHROPIC, baseUrl })?.profileFor("claude-sonnet-4-5");
    assert(profile !== undefined);
    assertEquals(profile, { ...profile, ...want as Partial<Profile> });
  });
}

Deno.test("findProfile() takes aliases and any case for a provider's name", () => {
  const names = ["openai-chat", "OpenAI", "kimi", "gemini-compat", "azure-chat"];
  const found = names.map((provider) => findProfile({ mode: CHAT, baseUrl: "", provider })?.name);
  assertEquals(found, ["openai", "openai", "moonshot", "gemini", "azure"]);
});

Deno.test("findProfile() finds nothing by a name that the mode does not have", () => {
  assertEquals(findProfile({ mode: CHAT, baseUrl: "", provider: "nobody" }), undefined);
  assertEquals(findProfile({ mode: CHAT, baseUrl: "", provider: "constructor" }), undefined);
  assertEquals(findProfile({ mode: ANTHROPIC, baseUrl: "", provider: "ollama" }), undefined);
});

Deno.test("findProfile() lets the YAML's quirks win over those of the model", () => {
  const quirks = { stop: "send", learn: true } as const;
  const found = findProfile({ mode: CHAT, baseUrl: "https://api.openai.com/v1", quirks });
  const profile = found?.profileFor("gpt-5");
  assertEquals([profile?.stop, profile?.learn, profile?.sampling], ["send", true, "locked"]);
});

Deno.test("profileFor() remembers a model, whatever clients ask for in between", () => {
  const found = findProfile({ mode: CHAT, baseUrl: "https://api.openai.com/v1" });
  assert(found !== undefined);
  assertStrictEquals(found.profileFor("gpt-5"), found.profileFor("gpt-5"));
  const first = found.profileFor("gpt-5");
  for (let index = 0; index < 1000; index++) found.profileFor(`made-up-${index}`);
  assertEquals(found.profileFor("gpt-5"), first);
  assertEquals(found.profileFor("x".repeat(100_000)).stop, "send");
});

Deno.test("profileNames() lists the names of one mode", () => {
  assert(profileNames(CHAT).includes("ollama"));
  assert(!profileNames(ANTHROPIC).includes("ollama"));
  assertEquals(profileNames("a_mode_without_profiles"), []);
});
