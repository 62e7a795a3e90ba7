import type { DocumentBlock, ImageBlock, MediaSource } from "../../anthropic/request.ts";
import { isObject, nonEmptyString } from "../../json.ts";
import type { Turn } from "../turn.ts";
import { blockText, documentBlocks, placeholder } from "./content_text.ts";
import { PlacedBlock } from "./history_blocks.ts";

/** Where a block stands: only what the client says now may be refused. */
export interface ContentPlace {
  readonly turn: Turn;
  readonly current: boolean;
}

/** A file as bytes or by its address. */
export type FileSource =
  | { readonly filename: string; readonly dataUrl: string }
  | { readonly filename: string; readonly url: string };

/** An image by its address, or its bytes in base64. */
export type ImageRef =
  | { readonly url: string }
  | { readonly mediaType: string; readonly data: string };

/** How a mode writes the parts of a user's message. */
export interface PartShapes<Part> {
  readonly text: (text: string) => Part;
  /** Undefined where the API takes no such image. */
  readonly image: (image: ImageRef) => Part | undefined;
  /** Undefined where the API takes no such source. */
  readonly file: (file: FileSource) => Part | undefined;
  /** Adds the block's cache marker, where the upstream keeps them. */
  readonly marked: (part: Part, marker: unknown, turn: Turn) => Part;
}

/**
 * Turns blocks of a user or a tool into a mode's parts; what the upstream cannot take becomes a
 * placeholder and a loss, or refuses the request where the client says it just now.
 */
export class UserContent<Part> {
  readonly #shapes: PartShapes<Part>;

  constructor(shapes: PartShapes<Part>) {
    this.#shapes = shapes;
  }

  /** The parts of one block, which may be none. */
  parts(placed: PlacedBlock, place: ContentPlace): Part[] {
    const { block } = placed;
    switch (block.type) {
      case "text":
        return [this.#marked(this.#shapes.text(block.text), placed, place)];
      case "image":
        return [this.#marked(this.#image(block, placed, place), placed, place)];
      case "document":
        return this.#document(block, placed, place);
      default: {
        const text = blockText(block);
        if (text === undefined) return [this.unknown(placed, place)];
        return [this.#marked(this.#shapes.text(text), placed, place)];
      }
    }
  }

  /** A block that stands for nothing this protocol knows: refused now, a placeholder in history. */
  unknown(placed: PlacedBlock, place: ContentPlace): Part {
    const type: string = placed.block.type;
    return this.refused(placed, place, { what: `content block type '${type}'`, noun: type });
  }

  #marked(part: Part, { block }: PlacedBlock, { turn }: ContentPlace): Part {
    return this.#shapes.marked(part, block.cache_control, turn);
  }

  #image({ source }: ImageBlock, placed: PlacedBlock, place: ContentPlace): Part {
    const { profile } = place.turn;
    if (source.type === "file") {
      return this.refused(placed, place, { what: "an image by file id", noun: "image" });
    }
    const image = imageRef(source);
    if (image === undefined) return this.unknown(placed, place);
    if (!profile.images) return this.lost(placed, place, { what: "an image", noun: "image" });
    const max = profile.image_url_max ?? Infinity;
    if ("url" in image && (!profile.image_url_remote || image.url.length > max)) {
      return this.lost(placed, place, { what: "an image by URL", noun: "image" });
    }
    return this.#shapes.image(image) ??
      this.lost(placed, place, { what: `an image of type '${source.media_type}'`, noun: "image" });
  }

  #document(block: DocumentBlock, placed: PlacedBlock, place: ContentPlace): Part[] {
    if (isObject(block.citations) && block.citations.enabled === true) {
      place.turn.losses.warn(`${placed.path}.citations`, "citations");
    }
    const inner = documentBlocks(block);
    if (!inner) return [this.#marked(this.#file(block, placed, place), placed, place)];
    const parts = inner.flatMap((one, at) => {
      const index = `${placed.index ?? 0}.source.content.${at}`;
      return this.parts(new PlacedBlock(one, { message: placed.message, index }), place);
    });
    const last = parts.pop();
    return last === undefined ? [] : [...parts, this.#marked(last, placed, place)];
  }

  #file(block: DocumentBlock, placed: PlacedBlock, place: ContentPlace): Part {
    const { source } = block;
    if (source.type === "file") {
      return this.refused(placed, place, { what: "a document by file id", noun: "document" });
    }
    const isRemote = source.type === "url";
    if (!isRemote && source.data === undefined) return this.unknown(placed, place);
    const part = place.turn.profile.pdf === "none" ? undefined : this.#shapes.file(fileOf(block));
    return part ?? this.lost(placed, place, {
      what: isRemote ? "a document by URL" : "a PDF document",
      noun: isRemote ? `document ${source.url ?? ""}`.trim() : "document",
    });
  }

  /** A part that the upstream must not do without: refused now, a placeholder in history. */
  refused(placed: PlacedBlock, place: ContentPlace, loss: LostPart): Part {
    if (place.current) place.turn.losses.reject(placed.path, loss.what);
    return this.lost(placed, place, loss);
  }

  /** A placeholder, and the note of what it stands for. */
  lost(placed: PlacedBlock, { turn }: ContentPlace, { what, noun }: LostPart): Part {
    turn.losses.warn(placed.path, what);
    return this.#shapes.text(placeholder(noun));
  }
}

/** What is lost in the words of an error, and in those of a placeholder. */
export interface LostPart {
  readonly what: string;
  readonly noun: string;
}

/** An image's address; its bytes become a data URL. */
export function imageUrl(image: ImageRef): string {
  return "url" in image ? image.url : `data:${image.mediaType};base64,${image.data}`;
}

function imageRef({ type, url, data, media_type }: MediaSource): ImageRef | undefined {
  if (type === "url") return url === undefined ? undefined : { url };
  if (type !== "base64" || data === undefined) return undefined;
  return { mediaType: media_type ?? "image/png", data };
}

function fileOf({ source, title }: DocumentBlock): FileSource {
  const mediaType = source.media_type ?? "application/pdf";
  const name = nonEmptyString(title) ?? "document";
  // OpenAI tells the type of a file by its name, and refuses one without an extension.
  const isNamed = mediaType !== "application/pdf" || /\.pdf$/i.test(name);
  const filename = isNamed ? name : `${name}.pdf`;
  if (source.type === "url") return { filename, url: source.url ?? "" };
  return { filename, dataUrl: `data:${mediaType};base64,${source.data ?? ""}` };
}
