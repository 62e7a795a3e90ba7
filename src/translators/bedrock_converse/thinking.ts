import { isObject, type JsonObject } from "../../json.ts";
import { clampEffort, type Thinking } from "../common/effort.ts";
import { mergeBody } from "../common/merge_body.ts";
import { outputLimit } from "../common/output_limit.ts";
import type { Turn } from "../turn.ts";

/** How the model is to think, and how much it may write. */
export interface ThinkingFields {
  /** Below `additionalModelRequestFields`. */
  readonly additional: JsonObject;
  /** Undefined where no limit may be sent. */
  readonly maxTokens: number | undefined;
  /** True if nothing may be said about sampling. */
  readonly locksSampling: boolean;
  /** Beta flag that the fields need. */
  readonly beta: string | undefined;
}

/** Thinking tokens of an effort; what asks for thinking and for nothing more gets the middle. */
const BUDGETS: Readonly<Record<string, number>> = {
  low: 2048,
  medium: 8192,
  default: 8192,
  high: 24576,
  xhigh: 32768,
  max: 32768,
};

const MIN_BUDGET = 1024;

/** The model's thinking, in the words of its family. */
export function thinkingFields(turn: Turn, thinking: Thinking): ThinkingFields {
  const { profile, losses } = turn;
  const maxTokens = outputLimit(turn);
  const plain: ThinkingFields = {
    additional: {},
    maxTokens,
    locksSampling: false,
    beta: undefined,
  };
  if (thinking.forced) losses.warn("thinking", "switching thinking off");
  if (thinking.level === "off") {
    return { ...plain, additional: offFields(turn) };
  }
  const asks = thinking.level !== "default" || isObject(turn.request.thinking);
  if (!asks) return plain;
  const effort = effortFields(turn, thinking);
  if (profile.budget_field === null) {
    const additional = mergeBody(switchedOn(turn), effort.fields);
    const isUnlimited = effort.name !== undefined &&
      profile.unlimited_efforts.includes(effort.name);
    return {
      additional,
      maxTokens: isUnlimited ? undefined : maxTokens,
      locksSampling: isUnlimited,
      beta: effort.beta,
    };
  }
  const budget = budgetOf(thinking, maxTokens, turn);
  if (!budget) return { ...plain, additional: effort.fields, beta: effort.beta };
  const on = mergeBody(profile.thinking_on ?? {}, atPath(profile.budget_field, budget.tokens));
  return {
    additional: mergeBody(on, effort.fields),
    maxTokens: budget.maxTokens,
    locksSampling: false,
    beta: effort.beta,
  };
}

/** A value below a path such as `output_config.effort`. */
export function atPath(path: string, value: unknown): JsonObject {
  return path.split(".").reduceRight<unknown>(
    (inner, key) => ({ [key]: inner }),
    value,
  ) as JsonObject;
}

/** Only what the client says: without a word, a model does what it does by default. */
function offFields({ request, profile }: Turn): JsonObject {
  const isWanted = request.thinking?.type === "disabled" || profile.thinking_never;
  return isWanted ? profile.thinking_off ?? {} : {};
}

function switchedOn({ request, profile }: Turn): JsonObject {
  const on = profile.thinking_on ?? {};
  const display = request.thinking?.display;
  const isShown = profile.thinking_display && typeof display === "string";
  return isShown ? mergeBody(on, { thinking: { display } }) : on;
}

interface Effort {
  readonly name: string | undefined;
  readonly fields: JsonObject;
  readonly beta: string | undefined;
}

function effortFields({ profile }: Turn, { level }: Thinking): Effort {
  const { effort_path: path, effort_beta: beta } = profile;
  const name = path === null || level === "off" || level === "default"
    ? undefined
    : clampEffort(level, profile.efforts, profile.effort_map);
  if (path === null || name === undefined) return { name: undefined, fields: {}, beta: undefined };
  return { name, fields: atPath(path, name), beta: beta ?? undefined };
}

/** The budget, and the limit of output that it has to fit into. */
function budgetOf(
  { level, budget }: Thinking,
  limit: number,
  { target, losses }: Turn,
): { readonly tokens: number; readonly maxTokens: number } | undefined {
  const wanted = Math.max(MIN_BUDGET, budget ?? BUDGETS[level] ?? MIN_BUDGET);
  // Where tokens are only counted there may be no limit at all.
  if (!(wanted >= limit)) return { tokens: wanted, maxTokens: limit };
  const maxTokens = Math.min(limit + wanted, target.maxOutputTokens ?? Infinity);
  const tokens = Math.min(wanted, maxTokens - 1);
  if (tokens < MIN_BUDGET) {
    losses.warn("thinking", "thinking within so few output tokens");
    return undefined;
  }
  losses.warn("max_tokens", "an output limit below the budget of thinking");
  return { tokens, maxTokens };
}
