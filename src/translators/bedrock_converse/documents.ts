import type { DocumentBlock } from "../../anthropic/request.ts";
import { isObject } from "../../json.ts";
import { documentBlocks, isFilled } from "../common/content_text.ts";
import { PlacedBlock } from "../common/history_blocks.ts";
import type { ContentPlace } from "../common/user_content.ts";
import type { DocumentNames } from "./document_names.ts";
import { lostPart, type Part, plainParts, refusedPart } from "./parts.ts";
import type { ConverseDocument } from "./wire.ts";

/** Document formats of the API, by media type. */
const FORMATS: Readonly<Record<string, string>> = {
  "application/pdf": "pdf",
  "text/csv": "csv",
  "text/html": "html",
  "text/markdown": "md",
  "text/plain": "txt",
  "application/msword": "doc",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
  "application/vnd.ms-excel": "xls",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
};

/** Where a block stands, and the names that documents have so far. */
export interface BlockPlace extends ContentPlace {
  readonly names: DocumentNames;
}

/** A document: text in place, where that loses nothing, and a file as a document of the API. */
export function documentParts(
  block: DocumentBlock,
  placed: PlacedBlock,
  place: BlockPlace,
): readonly Part[] {
  const { losses, profile } = place.turn;
  const cites = wantsCitations(block);
  if (cites && !profile.citations) losses.warn(`${placed.path}.citations`, "citations");
  const marker = block.cache_control;
  const inner = documentBlocks(block);
  if (!inner) return fileParts(block, placed, place);
  const source = cites && profile.citations ? textSource(block) : undefined;
  if (source) return [{ element: { document: textDocument(block, source, place) }, marker }];
  const parts = inner.flatMap((one, at) => {
    const index = `${placed.index ?? 0}.source.content.${at}`;
    return plainParts(new PlacedBlock(one, { message: placed.message, index }), place);
  });
  return parts.map((part, at) => at === parts.length - 1 ? { ...part, marker } : part);
}

/** The text of a document that is nothing but text, as the answer can cite it. */
function textSource({ source }: DocumentBlock): ConverseDocument["source"] | undefined {
  const { type, data, content } = source;
  if (type === "text") return isFilled(data) ? { text: data } : undefined;
  if (!Array.isArray(content)) return isFilled(content) ? { text: content } : undefined;
  const texts = content.flatMap((one) => isObject(one) && isFilled(one.text) ? [one.text] : []);
  if (texts.length === 0 || texts.length < content.length) return undefined;
  return { content: texts.map((text) => ({ text })) };
}

function textDocument(
  block: DocumentBlock,
  source: ConverseDocument["source"],
  { names }: BlockPlace,
): ConverseDocument {
  return { format: "txt", name: names.claim(block.title), source, ...extras(block) };
}

function fileParts(
  block: DocumentBlock,
  placed: PlacedBlock,
  place: BlockPlace,
): readonly Part[] {
  const { source, context } = block;
  const noun = "document";
  if (source.type === "url") {
    const what = "a document by URL";
    return [lostPart(placed, place, { what, noun: `document ${source.url ?? ""}`.trim() })];
  }
  if (source.type === "file" || source.data === undefined) {
    const what = source.type === "file"
      ? "a document by file id"
      : "content block type 'document' without data";
    return [refusedPart(placed, place, { what, noun })];
  }
  const { citations, pdf } = place.turn.profile;
  const mediaType = (source.media_type ?? "application/pdf").toLowerCase();
  const format = Object.hasOwn(FORMATS, mediaType) ? FORMATS[mediaType] : undefined;
  if (pdf !== "document" || format === undefined) {
    const what = mediaType === "application/pdf" ? "a PDF document" : "a document of this type";
    return [lostPart(placed, place, { what, noun })];
  }
  const document: ConverseDocument = {
    format,
    name: place.names.claim(block.title),
    source: { bytes: source.data },
    ...(citations ? extras(block) : {}),
  };
  const part: Part = { element: { document }, marker: block.cache_control };
  const isInline = !citations && isFilled(context);
  return isInline ? [{ element: { text: context }, marker: undefined }, part] : [part];
}

/** What only Claude reads of a document besides its content. */
function extras(block: DocumentBlock): Pick<ConverseDocument, "context" | "citations"> {
  const { context } = block;
  return {
    ...(isFilled(context) ? { context } : {}),
    ...(wantsCitations(block) ? { citations: { enabled: true } } : {}),
  };
}

function wantsCitations({ citations }: DocumentBlock): boolean {
  return isObject(citations) && citations.enabled === true;
}
