import { NO_USAGE, type Usage } from "../../anthropic/message.ts";
import type { UsageEstimate } from "../translator.ts";

/** Usage made of an estimate, for upstreams that tell none. */
export function estimatedUsage({ inputTokens, outputTokens }: UsageEstimate): Usage {
  return { ...NO_USAGE, input_tokens: inputTokens, output_tokens: outputTokens };
}

/** A count as an upstream sent it: a whole number that is not negative, or else 0. */
export function count(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? Math.floor(value) : 0;
}
