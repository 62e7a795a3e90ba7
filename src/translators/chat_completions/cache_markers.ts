import { isObject, type JsonObject } from "../../json.ts";
import { hasMarker } from "./content.ts";
import type { ChatMessage, ChatPart } from "./wire.ts";

/** Most cache markers that one request may carry. */
const MAX_MARKERS = 4;

/** The parts of a request that can carry cache markers. */
export interface Marked {
  readonly tools: readonly JsonObject[];
  readonly messages: readonly ChatMessage[];
}

/**
 * Keeps the last cache markers, for the prefix that ends there is the longest. Tools come before
 * all messages in a prompt, so that theirs are the first to go.
 */
export function limitMarkers({ tools, messages }: Marked): Marked {
  const budget = { left: MAX_MARKERS };
  return {
    messages: backwards(messages, (message) => withinBudget(message, budget)),
    tools: backwards(tools, (tool) => keepMarker(tool, budget)),
  };
}

function withinBudget(message: ChatMessage, budget: { left: number }): ChatMessage {
  if (!Array.isArray(message.content)) return message;
  const parts = message.content as readonly ChatPart[];
  if (!parts.some(hasMarker)) return message;
  return { ...message, content: backwards(parts, (part) => keepMarker(part, budget)) };
}

function keepMarker<Part extends object>(part: Part, budget: { left: number }): Part {
  if (!("cache_control" in part) || !isObject(part.cache_control)) return part;
  if (budget.left > 0) {
    budget.left--;
    return part;
  }
  const { cache_control: _, ...rest } = part;
  return rest as Part;
}

/** Maps a list from its end to its beginning. */
function backwards<Item>(items: readonly Item[], map: (item: Item) => Item): Item[] {
  return items.toReversed().map(map).reverse();
}
