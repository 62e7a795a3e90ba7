import { isObject, isPresent } from "../../json.ts";
import type { Turn } from "../turn.ts";
import type { CachePoint, ConverseBlock, ConverseTool, DraftMessage, Marked } from "./wire.ts";

/** Most cache points that one request may carry. */
const MAX_POINTS = 4;

/** A prompt in the order that the model reads it. */
interface Prompt {
  readonly tools: readonly Marked<ConverseTool>[];
  readonly system: readonly Marked<{ readonly text: string }>[];
  readonly messages: readonly DraftMessage[];
}

/**
 * Places the cache points of a prompt: behind the elements that the client marked, the last four of
 * them, since the prefix that ends there is the longest.
 *
 * @see {@link https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html}
 */
export class CachePoints {
  readonly #turn: Turn;
  readonly #points = new Map<unknown, CachePoint>();

  constructor(turn: Turn, { tools, system, messages }: Prompt) {
    this.#turn = turn;
    if (turn.profile.cache !== "cache_point") return;
    const content = messages.flatMap((message) => message.content);
    const markable = [...(turn.profile.cache_tools ? tools : []), ...system, ...content];
    const marked = markable.flatMap((entry) => {
      const { element, marker } = entry;
      return isObject(marker) && mayEnd(element) ? [{ entry, ttl: marker.ttl }] : [];
    });
    this.#place(marked.slice(-MAX_POINTS));
  }

  /** The elements, each with its cache point behind it. */
  after(entries: readonly Marked<object>[]): readonly object[] {
    return entries.flatMap((entry): readonly object[] => {
      const point = this.#points.get(entry);
      return point ? [entry.element, point] : [entry.element];
    });
  }

  /** A point that lives for an hour must come before all others. */
  #place(marked: readonly { readonly entry: unknown; readonly ttl: unknown }[]): void {
    let isHour = true;
    for (const { entry, ttl } of marked) {
      isHour &&= ttl === "1h";
      const kept = this.#turn.profile.cache_ttl && isPresent(ttl)
        ? { ttl: isHour ? "1h" : "5m" }
        : {};
      this.#points.set(entry, { cachePoint: { type: "default", ...kept } });
    }
  }
}

/** True for elements that a cached prefix may end with. */
function mayEnd(element: ConverseBlock | ConverseTool): boolean {
  return !("reasoningContent" in element);
}
