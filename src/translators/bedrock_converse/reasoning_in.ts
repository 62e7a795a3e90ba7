import type { RedactedThinkingBlock, ThinkingBlock } from "../../anthropic/request.ts";
import {
  type BedrockEnvelope,
  hashText,
  isEnvelope,
  openEnvelope,
  stateIsFor,
} from "../common/envelope.ts";
import type { Turn } from "../turn.ts";
import { modelVendor } from "./model_id.ts";
import type { ConverseReasoning } from "./wire.ts";

/**
 * Reasoning of an earlier turn as the model wants it back; undefined if it must not go: what is not
 * signed would be taken for a part of the answer, and what another model signed is refused.
 */
export function reasoningBlock(
  block: ThinkingBlock | RedactedThinkingBlock,
  turn: Turn,
): ConverseReasoning | undefined {
  const { reasoning_in: kind } = turn.profile;
  if (kind !== "signed" && kind !== "drop_unsigned") return undefined;
  const state = block.type === "thinking" ? block.signature : block.data;
  if (!state) return undefined;
  const shown = block.type === "thinking" ? block.thinking : "";
  if (isEnvelope(state)) return unwrapped(state, shown, turn);
  // A signature as it is: Claude's, wherever it runs.
  if (kind !== "signed") return undefined;
  return block.type === "thinking"
    ? { reasoningText: { text: shown, signature: state } }
    : { redactedContent: state };
}

function unwrapped(state: string, shown: string, turn: Turn): ConverseReasoning | undefined {
  const envelope = openEnvelope(state);
  if (envelope?.k !== "br" || !isOwn(envelope, turn)) return undefined;
  const { sig, data, t: hidden } = envelope.d ?? {};
  if (data !== undefined) return { redactedContent: data };
  const isEdited = shown !== "" && envelope.h !== undefined && envelope.h !== hashText(shown);
  if (sig === undefined || isEdited) return undefined;
  return { reasoningText: { text: shown === "" ? hidden ?? "" : shown, signature: sig } };
}

function isOwn(envelope: BedrockEnvelope, { target, model }: Turn): boolean {
  return stateIsFor(envelope, target) && modelVendor(envelope.m) === modelVendor(model);
}
