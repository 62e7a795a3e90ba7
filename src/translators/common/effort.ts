import type { MessagesRequest } from "../../anthropic/request.ts";
import { isObject, type JsonObject } from "../../json.ts";
import type { Profile } from "../../profiles/schema.ts";

/** How hard the model may think, in Anthropic's words; `default` leaves it to the upstream. */
export type ThinkingLevel = "off" | "default" | Effort;

/** What the client wants to be thought and shown. */
export interface Thinking {
  readonly level: ThinkingLevel;
  /** Thinking tokens, where the client gave a number and no effort. */
  readonly budget: number | undefined;
  /** Whether thinking text goes to the client; the state behind it always does. */
  readonly display: "shown" | "omitted";
  /** True if the client switched thinking off and this model cannot: a loss to report. */
  readonly forced: boolean;
}

/** `output_config.effort`, lowest first. */
const EFFORTS = ["low", "medium", "high", "xhigh", "max"] as const;

/** One of them. */
export type Effort = (typeof EFFORTS)[number];

/**
 * What the request asks of thinking: an effort, wherever it stands, wins over a budget, and
 * `disabled` over both; `adaptive` alone asks for nothing in particular.
 */
export function thinkingLevel(
  request: Pick<MessagesRequest, "messages" | "thinking" | "output_config">,
  profile: Pick<Profile, "thinking_always" | "thinking_when_absent">,
): Thinking {
  const thinking: JsonObject = isObject(request.thinking) ? request.thinking : {};
  const display = thinking.display === "omitted" || thinking.display === "updates"
    ? "omitted"
    : "shown";
  if (thinking.type === "disabled") {
    const forced = profile.thinking_always;
    return { level: forced ? "low" : "off", budget: undefined, display, forced };
  }
  const effort = requestedEffort(request);
  if (effort) return { level: effort, budget: undefined, display, forced: false };
  const budget = thinking.type === "enabled" && typeof thinking.budget_tokens === "number"
    ? thinking.budget_tokens
    : undefined;
  if (budget !== undefined) return { level: budgetLevel(budget), budget, display, forced: false };
  const absent = thinking.type === undefined || thinking.type === null;
  const off = absent && profile.thinking_when_absent === "off" && !profile.thinking_always;
  return { level: off ? "off" : "default", budget: undefined, display, forced: false };
}

/**
 * The upstream's own word for an effort: mapped where the profile maps it, else the nearest level
 * below that the model knows, else the lowest one above. Undefined if it knows no levels.
 */
export function clampEffort(
  level: Effort,
  efforts: readonly string[],
  effortMap: Readonly<Record<string, string>> = {},
): string | undefined {
  const mapped = own(effortMap, level);
  if (mapped !== undefined) return mapped;
  const wanted = EFFORTS.indexOf(level);
  const nearest = EFFORTS.slice(0, wanted + 1).findLast((known) => efforts.includes(known)) ??
    EFFORTS.slice(wanted + 1).find((known) => efforts.includes(known));
  return nearest && (own(effortMap, nearest) ?? nearest);
}

/** The effort of the last system message that sets one, else the request's own. */
function requestedEffort(
  { messages, output_config }: Pick<MessagesRequest, "messages" | "output_config">,
): Effort | undefined {
  const latest = messages.findLast(({ role, output_config }) =>
    role === "system" && isObject(output_config) && isEffort(output_config.effort)
  );
  const config = latest?.output_config ?? output_config;
  return isObject(config) && isEffort(config.effort) ? config.effort : undefined;
}

/** Thresholds at which Claude Code's historic budgets of 4000, 10000 and 31999 are three levels. */
function budgetLevel(budget: number): Effort {
  if (budget < 4096) return "low";
  if (budget < 16384) return "medium";
  return budget < 32000 ? "high" : "xhigh";
}

function isEffort(value: unknown): value is Effort {
  return (EFFORTS as readonly unknown[]).includes(value);
}

function own(map: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}
