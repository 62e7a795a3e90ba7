import { isPresent } from "../../json.ts";
import type { ContentBlockParam, ToolResultBlock } from "../../anthropic/request.ts";
import type { Profile } from "../../profiles/schema.ts";
import { blockText, errorText, placeholder } from "../common/content_text.ts";
import { PlacedBlock } from "../common/history_blocks.ts";
import type { ContentPlace } from "../common/user_content.ts";
import { hasMarker, joined, textPart, userContent, withMarker } from "./content.ts";
import type { ToolCallIds } from "../common/tool_call_ids.ts";
import type { ChatMessage, ChatPart } from "./wire.ts";

/** Where the results of one turn go. */
export interface ResultPlace {
  readonly place: ContentPlace;
  readonly media: AttachedMedia;
  readonly ids: ToolCallIds;
}

/**
 * Turns a result into a tool message.
 *
 * Most servers take only text in them, so images and files follow in a user message, numbered.
 */
export function toolMessage(
  block: ToolResultBlock,
  placed: PlacedBlock,
  place: ResultPlace,
): ChatMessage {
  const content = resultContent(block, placed, place);
  return { role: "tool", tool_call_id: place.ids.of(block.tool_use_id), content };
}

/** Images and files of one turn's results, in the order they came: a user message carries them. */
export class AttachedMedia {
  readonly #place: ContentPlace;
  readonly #parts: ChatPart[] = [];
  #count = 0;

  constructor(place: ContentPlace) {
    this.#place = place;
  }

  /** The parts of the user message, with words before them; none if nothing was attached. */
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

function resultContent(
  block: ToolResultBlock,
  placed: PlacedBlock,
  { place, media }: ResultPlace,
): string | ChatPart[] {
  const { profile } = place.turn;
  const onlyText = profile.cache === "anthropic_parts" ? undefined : singleText(block);
  if (onlyText !== undefined) return textContent(onlyText, block, profile);
  const parts: ChatPart[] = [];
  blocksOf(block).forEach((one, at) => {
    for (const part of resultParts(one, { placed, at, place })) {
      const fits = part.type === "text" || profile.tool_msg_images;
      parts.push(fits ? part : textPart(media.attach(part, placed)));
    }
  });
  const last = parts.pop();
  if (last) parts.push(withMarker(last, block.cache_control, place.turn));
  const isText = parts.every((part) => part.type === "text" && !hasMarker(part));
  if (!isText || (profile.tool_msg_parts && parts.length > 1)) {
    return block.is_error ? asError(parts) : parts;
  }
  return textContent(joined(parts, "\n"), block, profile);
}

/** The text of a result that is nothing else; undefined if there may be more to it. */
function singleText({ content }: ToolResultBlock): string | undefined {
  if (!isPresent(content) || typeof content === "string") return content ?? "";
  const [block] = content;
  if (!block) return "";
  return content.length === 1 && block.type === "text" ? block.text : undefined;
}

function textContent(text: string, { is_error }: ToolResultBlock, { tool_empty }: Profile): string {
  if (is_error) return errorText(text);
  return text === "" ? tool_empty : text;
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

/** Where a block of a result stands: in the content of `placed`, at that index. */
interface NestedPlace {
  readonly placed: PlacedBlock;
  readonly at: number;
  readonly place: ContentPlace;
}

/** A result is history the moment it is sent again, so nothing in it is ever refused. */
function resultParts(
  block: ContentBlockParam,
  { placed, at, place: { turn } }: NestedPlace,
): readonly ChatPart[] {
  if (block.type === "image" || block.type === "document") {
    const index = `${placed.index ?? 0}.content.${at}`;
    const nested = new PlacedBlock(block, { message: placed.message, index });
    return userContent.parts(nested, { turn, current: false });
  }
  const text = blockText(block) ?? JSON.stringify(block);
  return text === "" ? [] : [withMarker(textPart(text), block.cache_control, turn)];
}
