import { isObject, isPresent, type JsonObject, nonEmptyString } from "../../json.ts";
import { clampEffort, type Thinking } from "../common/effort.ts";
import { sha256Hex } from "../common/hash.ts";
import type { Turn } from "../turn.ts";

/** Fields of a chat request. */
type Fields = Record<string, unknown>;

/** The output limit, in the field this provider reads, lowered to what the target allows. */
export function outputLimit({ request, target, profile, losses }: Turn): Fields {
  const cap = target.maxOutputTokens;
  const wanted = Math.max(request.max_tokens, profile.min_max_tokens);
  if (cap !== undefined && wanted > cap) {
    losses.warn("max_tokens", `more than ${cap} output tokens`);
    return { [profile.max_tokens_field]: cap };
  }
  return { [profile.max_tokens_field]: wanted };
}

/** `temperature`, `top_p` and `top_k`, as far as the model takes them. */
export function sampling({ request, profile, losses }: Turn, thinking: Thinking): Fields {
  const fields: Fields = {};
  const { temperature, top_p: topP, top_k: topK } = request;
  if (isPresent(topK)) {
    if (profile.top_k) fields.top_k = topK;
    else losses.warn("top_k", "top_k");
  }
  const isOff = thinking.level === "off";
  const isLocked = profile.sampling === "locked" ||
    (profile.sampling === "locked_when_thinking" && !isOff) ||
    (profile.sampling === "only_when_off" && !isOff);
  if (isLocked) return fields;
  if (isPresent(temperature)) {
    fields.temperature = Math.min(
      Math.max(temperature, profile.temperature_min),
      profile.temperature_max,
    );
  }
  if (isPresent(topP)) {
    fields.top_p = profile.top_p_open ? Math.min(Math.max(topP, 0.01), 0.99) : topP;
  }
  return fields;
}

/** Stop sequences that go upstream, and those that the gateway watches for. */
export function stopSequences(
  { request, profile }: Turn,
): { readonly fields: Fields; readonly emulated: readonly string[] } {
  const stops = [...new Set(request.stop_sequences ?? [])].filter((stop) => stop.trim() !== "");
  if (stops.length === 0) return { fields: {}, emulated: [] };
  if (profile.stop === "emulate" || profile.stop_max === 0) return { fields: {}, emulated: stops };
  return {
    fields: { stop: stops.slice(0, profile.stop_max) },
    emulated: stops.slice(profile.stop_max),
  };
}

/** Fields that switch thinking and set its effort. */
export function thinkingFields(turn: Turn, thinking: Thinking): Fields {
  const { profile, losses } = turn;
  if (thinking.forced) losses.warn("thinking", "switching thinking off");
  if (profile.thinking_never) return { ...offFields(turn) };
  switch (thinking.level) {
    case "off":
      return offFields(turn);
    case "default":
      // The client asks for thinking, but not how hard: providers that default to off need the switch.
      return turn.request.thinking ? { ...profile.thinking_on } : {};
    default:
      return { ...profile.thinking_on, ...effortFields(turn, thinking) };
  }
}

function offFields({ profile, request, losses }: Turn): Fields {
  if (profile.thinking_off) return { ...profile.thinking_off };
  if (profile.effort_off !== null) return effortField(profile.effort, profile.effort_off);
  // Whether this model thinks at all is then unknown, so nothing is lost for certain.
  if (request.thinking?.type === "disabled" && profile.thinking_always) {
    losses.warn("thinking", "switching thinking off");
  }
  return {};
}

function effortFields({ profile, hideThinking }: Turn, { level, budget }: Thinking): Fields {
  if (level === "off" || level === "default") return {};
  const fields: Fields = {};
  if (profile.budget_field !== null) {
    const tokens = budget ?? BUDGETS[level];
    if (tokens !== undefined) fields[profile.budget_field] = tokens;
  }
  const effort = clampEffort(level, profile.efforts, profile.effort_map);
  if (effort === undefined) return fields;
  const isBudget = profile.effort === "reasoning" && budget !== undefined;
  const reasoning = isBudget ? { max_tokens: budget } : { effort };
  if (profile.effort === "reasoning") {
    const hidden = hideThinking ? { exclude: true } : {};
    return { ...fields, reasoning: { ...reasoning, ...hidden } };
  }
  return { ...fields, ...effortField(profile.effort, effort) };
}

function effortField(field: "reasoning_effort" | "reasoning" | "none", effort: string): Fields {
  if (field === "none") return {};
  return field === "reasoning" ? { reasoning: { effort } } : { reasoning_effort: effort };
}

/** Thinking tokens of an effort, for models that take a budget; `max` has no limit. */
const BUDGETS: Readonly<Record<string, number>> = {
  low: 4096,
  medium: 12288,
  high: 24576,
  xhigh: 32768,
};

/** A session that the client's requests share, from its header or from Claude Code's user id. */
export function sessionOf({ request, session }: Turn): string | undefined {
  if (session) return session;
  const user = userParts(request.metadata);
  return user?.session;
}

/** Who asks and in which session, never in a form that leads back to a person. */
export function identity(turn: Turn): Fields {
  const { profile, request } = turn;
  const fields: Fields = {};
  const user = userParts(request.metadata)?.user;
  if (profile.user_field && user) fields[profile.user_field] = sha256Hex(user);
  const session = sessionOf(turn);
  if (profile.session_field && session) {
    fields[profile.session_field] = sha256Hex(session).slice(0, 32);
  }
  return fields;
}

/**
 * Splits `metadata.user_id`. Claude Code sends a JSON string, or in older versions
 * `user_<hash>_account_<id>_session_<id>`; the session part changes and is no part of the user.
 */
function userParts(
  metadata: JsonObject | null | undefined,
): { readonly user: string | undefined; readonly session: string | undefined } | undefined {
  const id = nonEmptyString(metadata?.user_id);
  if (!id) return undefined;
  if (id.startsWith("{")) {
    const parsed = parsedId(id);
    if (parsed) {
      const { session_id: session, ...user } = parsed;
      const isEmpty = Object.keys(user).length === 0;
      return {
        user: isEmpty ? undefined : JSON.stringify(user),
        session: nonEmptyString(session),
      };
    }
  }
  const at = id.indexOf("_session_");
  return at < 0
    ? { user: id, session: undefined }
    : { user: id.slice(0, at), session: id.slice(at + "_session_".length) };
}

function parsedId(id: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(id);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** `service_tier`, and the notes on what has no counterpart here. */
export function serviceFields({ request, profile, losses }: Turn): Fields {
  if (request.speed === "fast") losses.warn("speed", "fast mode");
  if (isPresent(request.inference_geo)) losses.warn("inference_geo", "choosing a region");
  if (isPresent(request.container)) losses.reject("container", "a container");
  if (Array.isArray(request.mcp_servers) && request.mcp_servers.length > 0) {
    losses.reject("mcp_servers", "running MCP servers");
  }
  if (isPresent(request.thread)) losses.reject("thread", "continuing a thread");
  noteContextEdits(request.context_management, losses);
  if (isPresent(request.fallbacks)) losses.warn("fallbacks", "fallback models");
  return profile.service_tier && request.service_tier === "standard_only"
    ? { service_tier: "default" }
    : {};
}

function noteContextEdits(management: unknown, losses: Turn["losses"]): void {
  if (!isObject(management) || !Array.isArray(management.edits)) return;
  management.edits.forEach((edit: unknown, at) => {
    const type = isObject(edit) ? String(edit.type) : "";
    // Other models do not keep Claude's thinking, so there is nothing to clear.
    if (type.startsWith("clear_thinking_")) return;
    losses.warn(`context_management.edits.${at}`, "editing the context");
  });
}
