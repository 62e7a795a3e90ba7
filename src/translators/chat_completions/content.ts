import type { DocumentBlock, ImageBlock, MediaSource } from "../../anthropic/request.ts";
import { isObject, nonEmptyString } from "../../json.ts";
import { blockText, documentBlocks, placeholder } from "../common/content_text.ts";
import { PlacedBlock } from "../common/history_blocks.ts";
import type { Turn } from "../turn.ts";
import type { ChatPart } from "./wire.ts";

/** Where a block stands: only what the client says now may be refused. */
export interface Place {
  readonly turn: Turn;
  readonly current: boolean;
}

/** The parts that a user's or a tool's block becomes; losses are noted on the way. */
export function contentParts(placed: PlacedBlock, place: Place): ChatPart[] {
  const { block } = placed;
  switch (block.type) {
    case "text":
      return [withMarker(textPart(block.text), block.cache_control, place.turn)];
    case "image":
      return [withMarker(imagePart(block, placed, place), block.cache_control, place.turn)];
    case "document":
      return documentParts(block, placed, place);
    default: {
      const text = blockText(block);
      if (text === undefined) return [unknownPart(placed, place)];
      return [withMarker(textPart(text), placed.block.cache_control, place.turn)];
    }
  }
}

/** A text part. */
export function textPart(text: string): ChatPart {
  return { type: "text", text };
}

/** True if the part carries a cache marker. */
export function hasMarker(part: ChatPart): boolean {
  return "cache_control" in part;
}

/** The part with its cache marker, where the profile keeps them; `ttl` differs by provider. */
export function withMarker(part: ChatPart, marker: unknown, { profile }: Turn): ChatPart {
  const kept = profile.cache === "anthropic_parts" && isObject(marker);
  return kept && part.type !== "thinking"
    ? { ...part, cache_control: { type: "ephemeral" } }
    : part;
}

/** A block that stands for nothing this protocol knows: refused now, a placeholder in history. */
export function unknownPart(placed: PlacedBlock, { turn, current }: Place): ChatPart {
  const type: string = placed.block.type;
  if (current) turn.losses.reject(placed.path, `content block type '${type}'`);
  turn.losses.warn(placed.path, `content block type '${type}'`);
  return textPart(placeholder(type));
}

function imagePart({ source }: ImageBlock, placed: PlacedBlock, place: Place): ChatPart {
  const { profile, losses } = place.turn;
  if (source.type === "file") {
    if (place.current) losses.reject(placed.path, "an image by file id");
    losses.warn(placed.path, "an image by file id");
    return textPart(placeholder("image"));
  }
  const url = imageUrl(source);
  if (url === undefined) return unknownPart(placed, place);
  const isRemote = source.type === "url";
  const isTooLong = isRemote && profile.image_url_max !== null &&
    url.length > profile.image_url_max;
  if (!profile.images || (isRemote && !profile.image_url_remote) || isTooLong) {
    losses.warn(placed.path, profile.images ? "an image by URL" : "an image");
    return textPart(placeholder("image"));
  }
  return { type: "image_url", image_url: { url } };
}

function imageUrl(source: MediaSource): string | undefined {
  if (source.type === "url") return source.url;
  if (source.type !== "base64" || source.data === undefined) return undefined;
  return `data:${source.media_type ?? "image/png"};base64,${source.data}`;
}

function documentParts(block: DocumentBlock, placed: PlacedBlock, place: Place): ChatPart[] {
  const { losses } = place.turn;
  if (isObject(block.citations) && block.citations.enabled === true) {
    losses.warn(`${placed.path}.citations`, "citations");
  }
  const inner = documentBlocks(block);
  if (inner) {
    const parts = inner.flatMap((one, at) => {
      const index = `${placed.index ?? 0}.source.content.${at}`;
      return contentParts(new PlacedBlock(one, { message: placed.message, index }), place);
    });
    const last = parts.pop();
    return last ? [...parts, withMarker(last, block.cache_control, place.turn)] : [];
  }
  return [withMarker(filePart(block, placed, place), block.cache_control, place.turn)];
}

function filePart(block: DocumentBlock, placed: PlacedBlock, place: Place): ChatPart {
  const { profile, losses } = place.turn;
  const { source } = block;
  if (source.type === "file") {
    if (place.current) losses.reject(placed.path, "a document by file id");
    losses.warn(placed.path, "a document by file id");
    return textPart(placeholder("document"));
  }
  if (source.type === "url") {
    losses.warn(placed.path, "a document by URL");
    return textPart(placeholder(`document ${source.url ?? ""}`.trim()));
  }
  if (source.data === undefined) return unknownPart(placed, place);
  if (profile.pdf !== "file_part") {
    losses.warn(placed.path, "a PDF document");
    return textPart(placeholder("document"));
  }
  const mediaType = source.media_type ?? "application/pdf";
  return {
    type: "file",
    file: {
      filename: nonEmptyString(block.title) ?? "document.pdf",
      file_data: `data:${mediaType};base64,${source.data}`,
    },
  };
}
