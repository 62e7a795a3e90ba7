import { NO_USAGE, type Usage } from "../../anthropic/message.ts";
import type { MessageWriter } from "../../anthropic/writer.ts";
import type { UsageEstimate } from "../translator.ts";
import type { Turn } from "../turn.ts";

/** Usage made of an estimate, where the upstream told none or was cut off by a stop sequence. */
export function estimatedUsage(
  { inputTokens, outputTokens }: UsageEstimate,
  { turn, writer }: {
    readonly turn: Pick<Turn, "warn">;
    readonly writer: Pick<MessageWriter, "matchedStop">;
  },
): Usage {
  if (writer.matchedStop === undefined) {
    turn.warn("the upstream sent no usage, so it was estimated");
  }
  return { ...NO_USAGE, input_tokens: inputTokens, output_tokens: outputTokens };
}

/** A count as an upstream sent it: a whole number that is not negative, or else 0. */
export function count(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? Math.floor(value) : 0;
}
