/** Width and height in pixels. */
export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** What Anthropic scales the longer edge of an image down to. */
const MAX_EDGE = 1568;
const PIXELS_PER_TOKEN = 750;
const MAX_IMAGE_TOKENS = 1600;

const TOKENS_PER_PAGE = 1800;
const BYTES_PER_PAGE = 50_000;

/** Base64 characters of an image that are looked at; JPEGs may carry a preview before the size. */
const MAX_HEADER_CHARS = 128 * 1024;

/** Base64 characters of a PDF that are searched for pages; larger ones are judged by size. */
const MAX_PDF_CHARS = 8 * 1024 * 1024;

/**
 * Tokens that Anthropic charges for an image; undefined stands for one that is elsewhere.
 *
 * @see {@link https://platform.claude.com/docs/en/build-with-claude/vision#calculate-image-costs}
 */
export function imageTokens(base64: string | undefined): number {
  const size = base64 === undefined ? undefined : imageSize(base64);
  if (!size) return MAX_IMAGE_TOKENS;
  const scale = Math.min(1, MAX_EDGE / Math.max(size.width, size.height));
  const pixels = size.width * scale * size.height * scale;
  return Math.min(MAX_IMAGE_TOKENS, Math.max(1, Math.ceil(pixels / PIXELS_PER_TOKEN)));
}

/** Tokens for a PDF, by the pages that can be seen in it or else by its size. */
export function pdfTokens(base64: string): number {
  const bySize = Math.max(1, Math.ceil(base64.length * 0.75 / BYTES_PER_PAGE));
  const bytes = base64.length > MAX_PDF_CHARS ? undefined : decode(base64);
  return (bytes && countPages(bytes) || bySize) * TOKENS_PER_PAGE;
}

/** Size of a PNG, GIF, WebP or JPEG from its first bytes; undefined if it cannot be read. */
export function imageSize(base64: string): ImageSize | undefined {
  const bytes = decode(base64.slice(0, MAX_HEADER_CHARS));
  if (!bytes || bytes.length < 16) return undefined;
  const view = new DataView(bytes.buffer);
  const size = readSize(view);
  return size && size.width > 0 && size.height > 0 ? size : undefined;
}

function readSize(view: DataView): ImageSize | undefined {
  switch (view.getUint32(0)) {
    case 0x89504e47: // \x89PNG
      return view.byteLength < 24 ? undefined : box(view.getUint32(16), view.getUint32(20));
    case 0x47494638: // GIF8
      return box(view.getUint16(6, true), view.getUint16(8, true));
    case 0x52494646: // RIFF
      return view.byteLength < 30 ? undefined : webpSize(view);
    default:
      return view.getUint16(0) === 0xffd8 ? jpegSize(view) : undefined;
  }
}

/** @see {@link https://developers.google.com/speed/webp/docs/riff_container} */
function webpSize(view: DataView): ImageSize | undefined {
  switch (view.getUint32(12)) {
    case 0x56503820: // VP8, with a space: lossy
      return box(view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff);
    case 0x5650384c: { // VP8L: lossless
      const bits = view.getUint32(21, true);
      return box((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1);
    }
    case 0x56503858: // VP8X: extended
      return box(uint24(view, 24) + 1, uint24(view, 27) + 1);
    default:
      return undefined;
  }
}

/** Walks the segments up to the first start of frame. */
function jpegSize(view: DataView): ImageSize | undefined {
  for (let at = 2; at + 9 <= view.byteLength;) {
    if (view.getUint8(at) !== 0xff) return undefined;
    const marker = view.getUint8(at + 1);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return box(view.getUint16(at + 7), view.getUint16(at + 5));
    // Fill bytes and markers without a length.
    if (marker === 0xff) at += 1;
    else if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) at += 2;
    else at += 2 + view.getUint16(at + 2);
  }
  return undefined;
}

function box(width: number, height: number): ImageSize {
  return { width, height };
}

function uint24(view: DataView, at: number): number {
  return view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
}

/** Page objects that are not compressed; `/Pages` is the tree above them. */
function countPages(bytes: Uint8Array): number {
  const text = new TextDecoder("latin1").decode(bytes);
  return text.match(/\/Type\s{0,8}\/Page(?![a-zA-Z])/g)?.length ?? 0;
}

/** Bytes of base64 text that may be cut or damaged; undefined if it is no base64 at all. */
function decode(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.fromBase64(base64.slice(0, base64.length - base64.length % 4));
  } catch {
    return undefined;
  }
}
