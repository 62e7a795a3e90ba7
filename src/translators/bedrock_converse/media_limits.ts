import { placeholder } from "../common/content_text.ts";
import type { Turn } from "../turn.ts";
import type { ConverseBlock, Draft } from "./wire.ts";

/**
 * Most media of one message.
 *
 * @see {@link https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Message.html}
 */
const LIMITS = { image: 20, document: 5 } as const;

/**
 * The blocks of a message without the images and documents that are too many, in tool results too.
 * The last ones stay; a conversation that once had too many must go on.
 */
export function withinLimits(content: readonly Draft[], turn: Turn): readonly Draft[] {
  const left: Record<keyof typeof LIMITS, number> = { ...LIMITS };
  const keep = (element: ConverseBlock, path: string): ConverseBlock => {
    const kind = "image" in element ? "image" : "document" in element ? "document" : undefined;
    if (kind === undefined || left[kind]-- > 0) return element;
    turn.losses.warn(path, `more than ${LIMITS[kind]} ${kind}s in a message`);
    return { text: placeholder(kind) };
  };
  return backwards(content, (draft) => {
    const { element, path } = draft;
    if (!("toolResult" in element)) return { ...draft, element: keep(element, path) };
    const { toolResult } = element;
    const kept = backwards(toolResult.content, (block) => keep(block, path));
    return { ...draft, element: { toolResult: { ...toolResult, content: kept } } };
  });
}

/** Maps a list from its end to its beginning. */
function backwards<Item>(items: readonly Item[], map: (item: Item) => Item): readonly Item[] {
  return items.toReversed().map(map).reverse();
}
