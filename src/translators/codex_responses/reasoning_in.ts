import { type Envelope, hashText } from "../common/envelope.ts";
import type { Turn } from "../turn.ts";
import { modelFamily } from "./model_family.ts";
import type { ReasoningItem } from "./wire.ts";

/** Reasoning of an earlier turn on its way back. */
export interface RestoredReasoning {
  /** Undefined where only the place is known; the state follows late. */
  readonly item: ReasoningItem | undefined;
  readonly outputIndex: number | undefined;
  /** Phase of the message that it precedes. */
  readonly phase: string | undefined;
  /** True if the state stands behind the items that it precedes. */
  readonly late: boolean;
}

/**
 * Unpacks the state of a thinking block that was made at this target; `shown` is its text.
 *
 * Undefined where it is of no use: another model family made it, or the client edited the text.
 */
export function restoreReasoning(
  envelope: Envelope,
  shown: string,
  { model, profile }: Turn,
): RestoredReasoning | undefined {
  if (envelope.k !== "ri" || profile.reasoning_in !== "items") return undefined;
  if (modelFamily(envelope.m) !== modelFamily(model)) return undefined;
  if (envelope.h !== undefined && shown !== "" && envelope.h !== hashText(shown)) return undefined;
  const { d, oi } = envelope;
  const item = d && {
    type: "reasoning" as const,
    summary: summaryOf(d, shown).map((text) => ({ type: "summary_text" as const, text })),
    encrypted_content: d.ec,
  };
  return { item, outputIndex: oi, phase: d?.phase, late: d?.late ?? false };
}

/** The summary's parts: carried along where the block does not show them, else cut out of it. */
function summaryOf(
  { sum, cut }: { readonly sum?: readonly string[]; readonly cut?: readonly number[] },
  shown: string,
): readonly string[] {
  if (sum) return sum;
  if (shown === "") return [];
  let start = 0;
  return (cut ?? [shown.length]).map((length) => {
    const part = shown.slice(start, start + length);
    start += length + SUMMARY_JOINER.length;
    return part;
  });
}

/** What stands between the parts of a summary in a thinking block. */
export const SUMMARY_JOINER = "\n\n";
