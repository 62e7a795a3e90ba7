import { assertEquals } from "@std/assert";
import { type ImageSize, imageSize, imageTokens, pdfTokens } from "../../src/tokens/media.ts";

const SIZES: { name: string; bytes: number[]; want: ImageSize | undefined }[] = [
  { name: "a PNG", bytes: png(640, 480), want: { width: 640, height: 480 } },
  {
    name: "a GIF",
    bytes: [...ascii("GIF89a"), 0x40, 0x01, 0xf0, 0x00, 0, 0, 0, 0, 0, 0],
    want: { width: 320, height: 240 },
  },
  {
    name: "a JPEG, behind its other segments",
    bytes: [
      ...[0xff, 0xd8, 0xff, 0xe0, 0x00, 0x04, 0x00, 0x00],
      ...[0xff, 0xff, 0xc4, 0x00, 0x03, 0x00],
      ...[0xff, 0xc2, 0x00, 0x0b, 0x08, 0x01, 0xe0, 0x02, 0x80, 0x03],
    ],
    want: { width: 640, height: 480 },
  },
  {
    name: "a lossy WebP",
    bytes: webp("VP8 ", [0, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01]),
    want: { width: 640, height: 480 },
  },
  {
    name: "a lossless WebP",
    bytes: webp("VP8L", [0x2f, 0x7f, 0xc2, 0x77, 0x00, 0, 0, 0, 0, 0]),
    want: { width: 640, height: 480 },
  },
  {
    name: "an extended WebP",
    bytes: webp("VP8X", [0, 0, 0, 0, 0x7f, 0x02, 0x00, 0xdf, 0x01, 0x00]),
    want: { width: 640, height: 480 },
  },
  { name: "an empty PNG", bytes: png(0, 0), want: undefined },
  { name: "a PNG that is cut", bytes: png(640, 480).slice(0, 18), want: undefined },
  {
    name: "a JPEG that is cut",
    bytes: [0xff, 0xd8, 0xff, 0xe0, 0xff, 0xff, ...zeros(12)],
    want: undefined,
  },
  { name: "something else", bytes: ascii("no image at all, just words"), want: undefined },
  { name: "nothing", bytes: [], want: undefined },
];

for (const { name, bytes, want } of SIZES) {
  Deno.test(`imageSize() reads ${name}`, () => {
    assertEquals(imageSize(base64(bytes)), want);
  });
}

Deno.test("imageSize() survives what is no base64", () => {
  assertEquals(imageSize("not base64!"), undefined);
});

const TOKENS: { name: string; input: string | undefined; want: number }[] = [
  { name: "a small image", input: base64(png(200, 200)), want: 54 },
  { name: "an image that is scaled down", input: base64(png(3136, 200)), want: 210 },
  { name: "a large image", input: base64(png(8000, 8000)), want: 1600 },
  { name: "a single pixel", input: base64(png(1, 1)), want: 1 },
  { name: "an image that cannot be read", input: "????", want: 1600 },
  { name: "an image elsewhere", input: undefined, want: 1600 },
];

for (const { name, input, want } of TOKENS) {
  Deno.test(`imageTokens() counts ${name}`, () => {
    assertEquals(imageTokens(input), want);
  });
}

const PDFS: { name: string; input: string; want: number }[] = [
  {
    name: "pages",
    input: btoa("%PDF-1.7 <</Type /Pages>> <</Type/Page>> <</Type /Page\n>>"),
    want: 3600,
  },
  { name: "one page at least", input: btoa("%PDF-1.7"), want: 1800 },
  { name: "bytes where no page is seen", input: btoa("x".repeat(120_000)), want: 5400 },
  { name: "characters where it is no base64", input: "?".repeat(80_000), want: 3600 },
];

for (const { name, input, want } of PDFS) {
  Deno.test(`pdfTokens() counts ${name}`, () => {
    assertEquals(pdfTokens(input), want);
  });
}

function png(width: number, height: number): number[] {
  const size = [width, height].flatMap((edge) => [0, 0, edge >> 8, edge & 0xff]);
  return [0x89, ...ascii("PNG\r\n\x1a\n"), 0, 0, 0, 13, ...ascii("IHDR"), ...size, 8, 6, 0, 0, 0];
}

function webp(chunk: string, body: number[]): number[] {
  return [...ascii("RIFF"), ...zeros(4), ...ascii("WEBP"), ...ascii(chunk), ...zeros(4), ...body];
}

function ascii(text: string): number[] {
  return [...text].map((char) => char.charCodeAt(0));
}

function zeros(count: number): number[] {
  return new Array<number>(count).fill(0);
}

function base64(bytes: number[]): string {
  return new Uint8Array(bytes).toBase64();
}
