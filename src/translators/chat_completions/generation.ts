import { clampEffort, type Thinking } from "../common/effort.ts";
import type { Turn } from "../turn.ts";

/** Fields of a chat request. */
type Fields = Record<string, unknown>;

/** Fields that switch thinking and set its effort. */
export function thinkingFields(turn: Turn, thinking: Thinking): Fields {
  const { profile, losses } = turn;
  if (thinking.forced) losses.warn("thinking", "switching thinking off");
  if (profile.thinking_never) return offFields(turn);
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

function offFields({ profile }: Turn): Fields {
  if (profile.thinking_off) return { ...profile.thinking_off };
  if (profile.effort_off !== null) return effortField(profile.effort, profile.effort_off);
  // Whether this model thinks at all is then unknown, so nothing is lost for certain.
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
