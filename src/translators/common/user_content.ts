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

/** How a mode writes the parts of a user's message. */
export interface PartShapes<Part> {
  readonly text: (text: string) => Part;
  /** `url` is remote, or a data URL. */
  readonly image: (url: string) => Part;
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
    return this.#refused(placed, place, { what: `content block type '${type}'`, noun: type });
  }

  #marked(part: Part, { block }: PlacedBlock, { turn }: ContentPlace): Part {
    return this.#shapes.marked(part, block.cache_control, turn);
  }

  #image({ source }: ImageBlock, placed: PlacedBlock, place: ContentPlace): Part {
    const { profile } = place.turn;
    if (source.type === "file") {
      return this.#refused(placed, place, { what: "an image by file id", noun: "image" });
    }
    const url = imageUrl(source);
    if (url === undefined) return this.unknown(placed, place);
    const isRemote = source.type === "url";
    const isTooLong = isRemote && profile.image_url_max !== null &&
      url.length > profile.image_url_max;
    if (!profile.images || (isRemote && !profile.image_url_remote) || isTooLong) {
      return this.#lost(placed, place, {
        what: profile.images ? "an image by URL" : "an image",
        noun: "image",
      });
    }
    return this.#shapes.image(url);
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
      return this.#refused(placed, place, { what: "a document by file id", noun: "document" });
    }
    const isRemote = source.type === "url";
    if (!isRemote && source.data === undefined) return this.unknown(placed, place);
    const part = place.turn.profile.pdf === "none" ? undefined : this.#shapes.file(fileOf(block));
    return part ?? this.#lost(placed, place, {
      what: isRemote ? "a document by URL" : "a PDF document",
      noun: isRemote ? `document ${source.url ?? ""}`.trim() : "document",
    });
  }

  #refused(placed: PlacedBlock, place: ContentPlace, loss: LostPart): Part {
    if (place.current) place.turn.losses.reject(placed.path, loss.what);
    return this.#lost(placed, place, loss);
  }

  #lost(placed: PlacedBlock, { turn }: ContentPlace, { what, noun }: LostPart): Part {
    turn.losses.warn(placed.path, what);
    return this.#shapes.text(placeholder(noun));
  }
}

/** What is lost in the words of an error, and in those of a placeholder. */
interface LostPart {
  readonly what: string;
  readonly noun: string;
}

function imageUrl(source: MediaSource): string | undefined {
  if (source.type === "url") return source.url;
  if (source.type !== "base64" || source.data === undefined) return undefined;
  return `data:${source.media_type ?? "image/png"};base64,${source.data}`;
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
