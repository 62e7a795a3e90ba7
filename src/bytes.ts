/** The pieces as one array. */
export function concatBytes(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

const encoder = new TextEncoder();
const scratch = new Uint8Array(64 * 1024);

/** Most bytes of UTF-8 that a UTF-16 unit becomes. */
export const MAX_UNIT_BYTES = 3;

/** Shorter and longer texts are encoded as they are. */
const WORTH_SCRATCH = { min: 1024, max: scratch.length / MAX_UNIT_BYTES } as const;

/** The text in UTF-8; `TextEncoder.encode` takes half as long again for a few kilobytes. */
export function encodeText(text: string): Uint8Array<ArrayBuffer> {
  const { length } = text;
  if (length < WORTH_SCRATCH.min || length > WORTH_SCRATCH.max) return encoder.encode(text);
  return scratch.slice(0, encoder.encodeInto(text, scratch).written);
}

/** Content codings that the runtime can undo. */
const FORMATS: Readonly<Record<string, CompressionFormat>> = {
  gzip: "gzip",
  "x-gzip": "gzip",
  deflate: "deflate",
};

/** How to undo a content coding, which is in small letters; undefined if nobody here can. */
export function compressionFormat(coding: string): CompressionFormat | undefined {
  return Object.hasOwn(FORMATS, coding) ? FORMATS[coding] : undefined;
}
