import { isPresent } from "../../json.ts";
import type { ContentBlockParam, ToolResultBlock } from "../../anthropic/request.ts";
import { blockText, errorText, placeholder } from "../common/content_text.ts";
import { PlacedBlock } from "../common/history_blocks.ts";
import type { ContentPlace } from "../common/user_content.ts";
import { textPart, userContent, withMarker } from "./content.ts";
import type { ToolCallIds } from "../common/tool_call_ids.ts";
import type { ChatMessage, ChatPart } from "./wire.ts";

/** Tool messages, and the media that a user message behind them must carry. */
export interface ToolMessages {
  readonly messages: ChatMessage[];
  readonly attached: readonly ChatPart[];
}

/**
 * Turns the results of one turn into tool messages.
 *
 * Most servers take only text in them, so images and files follow in a user message, numbered.
 */
export function toolMessages(
  results: readonly PlacedBlock[],
  place: ContentPlace,
  ids: ToolCallIds,
): ToolMessages {
  const media = new AttachedMedia(place);
  const messages = results.map((placed): ChatMessage => {
    const block = placed.block as ToolResultBlock;
    const content = resultContent(block, placed, { place, media });
    return { role: "tool", tool_call_id: ids.of(block.tool_use_id), content };
  });
  return { messages, attached: media.parts };
}

/** Images and files of tool results, in the order they came. */
class AttachedMedia {
  readonly #place: ContentPlace;
  readonly #parts: ChatPart[] = [];
  #count = 0;

  constructor(place: ContentPlace) {
    this.#place = place;
  }

  get parts(): readonly ChatPart[] {
    if (this.#parts.length === 0) return [];
    return [textPart("Images returned by tool calls:"), ...this.#parts];
  }

  /** Takes a part, and returns the text that stands in its place. */
  attach(part: ChatPart, placed: PlacedBlock): string {
    const what = part.type === "image_url" ? "image" : "document";
    if (this.#place.turn.profile.tool_image_strategy === "inline_text") {
      this.#place.turn.losses.warn(placed.path, `${what} in a tool result`);
      return placeholder(what);
    }
    const label = `${what} ${++this.#count}`;
    this.#parts.push(textPart(`[${label}]`), part);
    return `[${label} attached below]`;
  }
}

interface ResultPlace {
  readonly place: ContentPlace;
  readonly media: AttachedMedia;
}

function resultContent(
  block: ToolResultBlock,
  placed: PlacedBlock,
  { place, media }: ResultPlace,
): string | ChatPart[] {
  const { profile } = place.turn;
  const parts = blocksOf(block).flatMap((one, at) => {
    const index = `${placed.index ?? 0}.content.${at}`;
    return resultParts(new PlacedBlock(one, { message: placed.message, index }), place)
      .map((part) =>
        part.type === "text" || profile.tool_msg_images
          ? part
          : textPart(media.attach(part, placed))
      );
  });
  const marked = markLast(parts, block, place);
  const isText = marked.every((part) => part.type === "text" && !("cache_control" in part));
  if (!isText || (profile.tool_msg_parts && marked.length > 1)) {
    return block.is_error ? asError(marked) : marked;
  }
  const text = marked.map((part) => part.type === "text" ? part.text : "").join("\n");
  if (block.is_error) return errorText(text);
  return text === "" ? profile.tool_empty : text;
}

/** The error prefix goes into the first text, so that its cache marker stays where it is. */
function asError(parts: readonly ChatPart[]): ChatPart[] {
  const [first, ...rest] = parts;
  if (first?.type !== "text") return [textPart("Error:"), ...parts];
  return [{ ...first, text: errorText(first.text) }, ...rest];
}

function blocksOf({ content }: ToolResultBlock): readonly ContentBlockParam[] {
  if (!isPresent(content) || content === "") return [];
  return typeof content === "string" ? [{ type: "text", text: content }] : content;
}

/** A result is history the moment it is sent again, so nothing in it is ever refused. */
function resultParts(placed: PlacedBlock, { turn }: ContentPlace): readonly ChatPart[] {
  const { block } = placed;
  if (block.type === "image" || block.type === "document") {
    return userContent.parts(placed, { turn, current: false });
  }
  const text = blockText(block) ?? JSON.stringify(block);
  return text === "" ? [] : [withMarker(textPart(text), block.cache_control, turn)];
}

function markLast(parts: ChatPart[], block: ToolResultBlock, { turn }: ContentPlace): ChatPart[] {
  const last = parts.pop();
  return last ? [...parts, withMarker(last, block.cache_control, turn)] : [];
}
