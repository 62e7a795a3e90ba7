import { NO_USAGE, type StopReason, type Usage } from "../../anthropic/message.ts";
import { isObject, type JsonObject } from "../../json.ts";
import { count } from "../common/usage.ts";

/** How an answer ended, as far as its own status says. */
export type Ending = "end_turn" | "max_tokens" | "refusal" | "unknown";

const INCOMPLETE: Readonly<Record<string, Ending>> = {
  max_output_tokens: "max_tokens",
  max_tokens: "max_tokens",
  content_filter: "refusal",
};

/**
 * What a response's `status` and `incomplete_details` mean; undefined for one that failed or has
 * not ended.
 *
 * @see {@link https://platform.openai.com/docs/api-reference/responses/object}
 */
export function mapEnding({ status, incomplete_details: details }: JsonObject): Ending | undefined {
  if (status === "completed" || status === undefined || status === null) return "end_turn";
  if (status !== "incomplete") return undefined;
  const reason = isObject(details) ? details.reason : undefined;
  return typeof reason === "string" && Object.hasOwn(INCOMPLETE, reason)
    ? INCOMPLETE[reason]
    : "unknown";
}

/** What decides about the stop reason besides the ending. */
export interface AnswerFacts {
  readonly refused: boolean;
  readonly hasCalls: boolean;
  /** True if the arguments of a call were cut. */
  readonly callCut: boolean;
}

/** refusal > max_tokens > tool_use > end_turn, whatever came first. */
export function mapStopReason(
  ending: Ending,
  { refused, hasCalls, callCut }: AnswerFacts,
): StopReason {
  if (refused || ending === "refusal") return "refusal";
  if (ending === "max_tokens" || callCut) return "max_tokens";
  return hasCalls ? "tool_use" : "end_turn";
}

/**
 * Maps the upstream's usage. Anthropic's `input_tokens` excludes what came from or went to the
 * cache, OpenAI's includes both.
 */
export function mapUsage(usage: JsonObject, serviceTier: unknown): Usage {
  const inputDetails = detailsOf(usage.input_tokens_details ?? usage.prompt_tokens_details);
  const outputDetails = detailsOf(usage.output_tokens_details ?? usage.completion_tokens_details);
  // Older builds of xAI's endpoint count in the words of Chat Completions.
  const input = count(usage.input_tokens ?? usage.prompt_tokens);
  const read = count(inputDetails.cached_tokens);
  const write = count(inputDetails.cache_write_tokens);
  const told = count(usage.output_tokens ?? usage.completion_tokens);
  const output = Math.max(told, count(usage.total_tokens) - input);
  const reasoning = outputDetails.reasoning_tokens;
  return {
    ...NO_USAGE,
    input_tokens: Math.max(0, input - read - write),
    output_tokens: output,
    cache_read_input_tokens: read,
    cache_creation_input_tokens: write,
    output_tokens_details: typeof reasoning === "number"
      ? { thinking_tokens: Math.min(count(reasoning), output) }
      : null,
    service_tier: serviceTier === "priority" || serviceTier === "fast" ? "priority" : "standard",
  };
}

function detailsOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}
