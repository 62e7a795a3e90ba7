import type { Quirks } from "../schema.ts";
import type { CatalogEntry } from "./entry.ts";

const RELAY: Quirks = {
  auth: "x-api-key",
  models_path: "/v1/models",
  // Claude's tokenizer yields more tokens than the one that estimates here.
  token_factor: 1.2,
};

/**
 * What the vendors' own Anthropic endpoints have in common (profiles.json "anthropic-compatible",
 * 2026-11): streams with missing event names or pings, blocks numbered wrongly, a second
 * message_start; 400 or 422 on system messages in mid-conversation (anthropics/claude-code#63423).
 */
const VENDOR: Quirks = {
  ...RELAY,
  token_factor: 1.1,
  repair_sse: true,
  drop_mid_system: true,
};

/** Their guides for Claude Code set ANTHROPIC_AUTH_TOKEN, which is sent as a bearer token. */
const BEARER_VENDOR: Quirks = { ...VENDOR, auth: "bearer" };

/** Anthropic, and everybody who speaks its Messages API. */
export const ANTHROPIC: readonly CatalogEntry[] = [
  {
    names: ["anthropic"],
    hosts: ["api.anthropic.com"],
    modes: ["anthropic_messages"],
    quirks: RELAY,
    confidence: "verified",
  },
  {
    names: ["deepseek"],
    hosts: ["api.deepseek.com"],
    modes: ["anthropic_messages"],
    quirks: VENDOR,
    confidence: "reported",
  },
  {
    names: ["moonshot", "kimi"],
    hosts: ["api.moonshot.ai", "api.moonshot.cn", "api.kimi.com"],
    modes: ["anthropic_messages"],
    quirks: BEARER_VENDOR,
    confidence: "reported",
  },
  {
    names: ["mimo", "xiaomi"],
    hosts: ["api.xiaomimimo.com", "*.xiaomimimo.com"],
    modes: ["anthropic_messages"],
    quirks: BEARER_VENDOR,
    confidence: "reported",
  },
  {
    names: ["glm", "zai", "zhipu"],
    hosts: ["api.z.ai", "open.bigmodel.cn"],
    modes: ["anthropic_messages"],
    quirks: BEARER_VENDOR,
    confidence: "reported",
  },
  {
    names: ["qwen", "dashscope"],
    hosts: ["dashscope*.aliyuncs.com"],
    modes: ["anthropic_messages"],
    quirks: BEARER_VENDOR,
    confidence: "reported",
  },
  {
    names: ["minimax"],
    hosts: ["api.minimax.io", "api.minimaxi.com"],
    modes: ["anthropic_messages"],
    quirks: BEARER_VENDOR,
    confidence: "reported",
  },
  {
    names: ["openrouter"],
    hosts: ["openrouter.ai"],
    modes: ["anthropic_messages"],
    quirks: BEARER_VENDOR,
    confidence: "reported",
  },
  {
    // An unknown relay, maybe to Claude itself: not a byte is changed.
    names: ["anthropic-compatible"],
    hosts: ["*"],
    modes: ["anthropic_messages"],
    quirks: RELAY,
    confidence: "assumed",
  },
];
