import type { StopReason, Usage } from "../../anthropic/message.ts";
import { isObject, type JsonObject } from "../../json.ts";
import type { Profile } from "../../profiles/schema.ts";
import { count } from "../common/usage.ts";

/** What a `finish_reason` means: a stop reason, or a failure of the upstream. */
export type FinishMeaning = StopReason | "error" | "overloaded" | "malformed";

const FINISH: Readonly<Record<string, FinishMeaning>> = {
  stop: "end_turn",
  eos: "end_turn",
  eos_token: "end_turn",
  end_turn: "end_turn",
  stop_sequence: "end_turn",
  tool_calls: "tool_use",
  function_call: "tool_use",
  tool_use: "tool_use",
  length: "max_tokens",
  max_tokens: "max_tokens",
  model_length: "model_context_window_exceeded",
  model_context_window_exceeded: "model_context_window_exceeded",
  context_length_exceeded: "model_context_window_exceeded",
  content_filter: "refusal",
  sensitive: "refusal",
  safety: "refusal",
  recitation: "refusal",
  prohibited_content: "refusal",
  blocklist: "refusal",
  spii: "refusal",
  refusal: "refusal",
  insufficient_system_resource: "overloaded",
  network_error: "error",
  error: "error",
  abort: "error",
};

/**
 * Maps a `finish_reason`; undefined for one that nobody knows, which ends the turn.
 *
 * @see {@link https://platform.openai.com/docs/api-reference/chat/object}
 */
export function mapStopReason(reason: string, profile: Profile): FinishMeaning | undefined {
  const name = reason.toLowerCase();
  // Gemini's model wrote a call that cannot be read; what it said before can stand.
  if (name.includes("malformed_function_call")) return "malformed";
  const own = Object.hasOwn(profile.finish_extra, reason)
    ? profile.finish_extra[reason]
    : undefined;
  if (own) return own;
  if (Object.hasOwn(FINISH, name)) return FINISH[name];
  return name.includes("filter") ? "refusal" : undefined;
}

/** Rank of a finish when several arrive: a later one counts only if it outranks the first. */
export function finishRank(meaning: FinishMeaning | undefined): number {
  switch (meaning) {
    case "error":
    case "overloaded":
    case "malformed":
      return 4;
    case "refusal":
      return 3;
    case "max_tokens":
    case "model_context_window_exceeded":
      return 2;
    case "tool_use":
      return 1;
    default:
      return 0;
  }
}

/**
 * Maps the upstream's usage. Anthropic's `input_tokens` excludes what came from or went to the
 * cache, OpenAI's `prompt_tokens` includes both.
 *
 * @see {@link https://platform.openai.com/docs/api-reference/chat/object#chat/object-usage}
 */
export function mapUsage(usage: JsonObject, profile: Profile, serviceTier: unknown): Usage {
  const promptDetails = isObject(usage.prompt_tokens_details) ? usage.prompt_tokens_details : {};
  const outputDetails = isObject(usage.completion_tokens_details)
    ? usage.completion_tokens_details
    : {};
  const prompt = count(usage.prompt_tokens);
  const read = count(
    promptDetails.cached_tokens ?? usage.prompt_cache_hit_tokens ?? usage.cached_tokens,
  );
  const write = count(
    promptDetails.cache_write_tokens ?? promptDetails.cache_creation_input_tokens,
  );
  const output = outputTokens(usage, prompt, profile);
  const reasoning = outputDetails.reasoning_tokens ?? uncountedReasoning(usage, output, profile);
  return {
    input_tokens: Math.max(0, prompt - read - write),
    output_tokens: output,
    cache_read_input_tokens: read,
    cache_creation_input_tokens: write,
    cache_creation: null,
    output_tokens_details: typeof reasoning === "number"
      ? { thinking_tokens: Math.min(count(reasoning), output) }
      : null,
    server_tool_use: null,
    service_tier: serviceTier === "priority" || serviceTier === "fast" ? "priority" : "standard",
    inference_geo: null,
  };
}

function outputTokens(usage: JsonObject, prompt: number, profile: Profile): number {
  const completion = count(usage.completion_tokens);
  const rest = count(usage.total_tokens) - prompt;
  // Some servers leave reasoning out of completion_tokens; the total never does.
  return profile.usage_output === "total-prompt" && rest > 0 ? rest : Math.max(completion, rest);
}

/** The tokens that only the total tells of, where the profile says that they are reasoning. */
function uncountedReasoning(usage: JsonObject, output: number, profile: Profile): unknown {
  const uncounted = output - count(usage.completion_tokens);
  return profile.usage_output === "total-prompt" && uncounted > 0 ? uncounted : undefined;
}
