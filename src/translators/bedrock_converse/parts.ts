import { isFilled } from "../common/content_text.ts";
import type { PlacedBlock } from "../common/history_blocks.ts";
import {
  type ContentPlace,
  type ImageRef,
  type LostPart,
  UserContent,
} from "../common/user_content.ts";
import type { ConverseBlock, Draft, Marked } from "./wire.ts";

/** Image formats of the API, by media type. */
const FORMATS: Readonly<Record<string, string>> = {
  "image/png": "png",
  "image/jpeg": "jpeg",
  "image/jpg": "jpeg",
  "image/gif": "gif",
  "image/webp": "webp",
};

/** A part of a user's message, with the marker of the block that it came from. */
export type Part = Marked<ConverseBlock>;

const CONTENT: UserContent<Part> = new UserContent<Part>({
  text: (text) => ({ element: { text }, marker: undefined }),
  image: imagePart,
  // Documents have names here, so that they are made elsewhere.
  file: () => undefined,
  marked: (part, marker) => ({ ...part, marker }),
});

/** A block that is put in words, or an image; blank texts are none. */
export function plainParts(placed: PlacedBlock, place: ContentPlace): readonly Part[] {
  const { block } = placed;
  // No source but bytes exists, and a model that is not shown an image makes it up.
  const isElsewhere = block.type === "image" && block.source.type === "url";
  if (isElsewhere && place.turn.profile.images) {
    return [refusedPart(placed, place, { what: "an image by URL", noun: "image" })];
  }
  return CONTENT.parts(placed, place)
    .filter(({ element }) => !("text" in element) || isFilled(element.text));
}

/** A block that this API has no form for: refused now, a placeholder in history. */
export function unknownPart(placed: PlacedBlock, place: ContentPlace): Part {
  return CONTENT.unknown(placed, place);
}

/** A block that the model must not do without: refused now, a placeholder in history. */
export function refusedPart(placed: PlacedBlock, place: ContentPlace, loss: LostPart): Part {
  return { ...CONTENT.refused(placed, place, loss), marker: placed.block.cache_control };
}

/** A placeholder, and the note of what it stands for. */
export function lostPart(placed: PlacedBlock, place: ContentPlace, loss: LostPart): Part {
  return { ...CONTENT.lost(placed, place, loss), marker: placed.block.cache_control };
}

/** A part at the place that it came from. */
export function draftAt({ path }: PlacedBlock): (part: Part) => Draft {
  return (part) => ({ ...part, path });
}

function imagePart(image: ImageRef): Part | undefined {
  if ("url" in image) return undefined;
  const type = image.mediaType.toLowerCase();
  const format = Object.hasOwn(FORMATS, type) ? FORMATS[type] : undefined;
  if (format === undefined) return undefined;
  return { element: { image: { format, source: { bytes: image.data } } }, marker: undefined };
}
