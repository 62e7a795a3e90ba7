import { NO_USAGE, type StopReason, type Usage } from "../../anthropic/message.ts";
import { isObject, type JsonObject, nonEmptyString } from "../../json.ts";
import { count } from "../common/usage.ts";

/** What a `stopReason` means: a stop reason, or that the model wrote what cannot be read. */
export type Ending = StopReason | "malformed";

const ENDINGS: Readonly<Record<string, Ending>> = {
  end_turn: "end_turn",
  stop_sequence: "stop_sequence",
  tool_use: "tool_use",
  max_tokens: "max_tokens",
  model_context_window_exceeded: "model_context_window_exceeded",
  guardrail_intervened: "refusal",
  content_filtered: "refusal",
  malformed_model_output: "malformed",
  malformed_tool_use: "malformed",
};

/**
 * Maps a `stopReason`; undefined for one that nobody knows, which ends the turn.
 *
 * @see {@link https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html}
 */
export function mapEnding(stopReason: string): Ending | undefined {
  return Object.hasOwn(ENDINGS, stopReason) ? ENDINGS[stopReason] : undefined;
}

/** The stop reason as the client sees it: whether there are calls to run decides a normal end. */
export function mapStopReason(ending: Ending | undefined, hasCalls: boolean): StopReason {
  switch (ending) {
    case "refusal":
    case "max_tokens":
    case "model_context_window_exceeded":
      return ending;
    case "malformed":
      return "end_turn";
    default:
      if (hasCalls) return "tool_use";
      return ending === "stop_sequence" ? ending : "end_turn";
  }
}

/** Maps the upstream's usage; as at Anthropic, the input excludes what the cache had or took. */
export function mapUsage(usage: JsonObject, serviceTier: unknown): Usage {
  const input = count(usage.inputTokens);
  const read = count(usage.cacheReadInputTokens ?? usage.cacheReadInputTokenCount);
  const write = count(usage.cacheWriteInputTokens ?? usage.cacheWriteInputTokenCount);
  const rest = count(usage.totalTokens) - input - read - write;
  const tier = isObject(serviceTier) ? serviceTier.type : undefined;
  return {
    ...NO_USAGE,
    input_tokens: input,
    output_tokens: Math.max(count(usage.outputTokens), rest),
    cache_read_input_tokens: read,
    cache_creation_input_tokens: write,
    cache_creation: cacheCreation(usage.cacheDetails),
    service_tier: tier === "priority" ? "priority" : "standard",
  };
}

/** What was written to the cache, by how long it lives there. */
function cacheCreation(details: unknown): Usage["cache_creation"] {
  if (!Array.isArray(details) || details.length === 0) return null;
  const written = (ttl: string) =>
    details.filter(isObject).filter((detail) => detail.ttl === ttl)
      .reduce((sum, { inputTokens }) => sum + count(inputTokens), 0);
  return {
    ephemeral_5m_input_tokens: written("5m"),
    ephemeral_1h_input_tokens: written("1h"),
  };
}

/** Why a guardrail stepped in, in its own words. */
export function guardrailReason(trace: unknown): string | undefined {
  const guardrail = isObject(trace) ? trace.guardrail : undefined;
  return isObject(guardrail) ? nonEmptyString(guardrail.actionReason) : undefined;
}

/** The stop sequence that the answer ran into, as Claude tells it; streams nest it in `delta`. */
export function matchedStop(fields: unknown): string | undefined {
  if (!isObject(fields)) return undefined;
  const inner = isObject(fields.delta) ? fields.delta : fields;
  return nonEmptyString(inner.stop_sequence);
}
