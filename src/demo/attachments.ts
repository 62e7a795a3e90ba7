/** Beginnings of base64 data. */
const PNG = /^iVBORw0KGgo/;
const PDF = /^JVBERi0/;

/** Longest data that is looked into. */
const MAX_DATA = 64 * 1024;

/**
 * What the demo model sees in the pictures and files of a request's part, one phrase each: the
 * colour of a PNG with a palette, the text of a PDF without compression. It is blind to others.
 */
export function seenIn(value: unknown): readonly string[] {
  if (typeof value === "string") return describe(value.replace(/^data:[^,]{1,200},/, ""));
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(seenIn);
}

function describe(data: string): readonly string[] {
  if (data.length > MAX_DATA) return [];
  if (PNG.test(data)) return colourOf(bytesOf(data));
  return PDF.test(data) ? textOf(bytesOf(data)) : [];
}

/** One character for each byte; empty if it is no base64. */
function bytesOf(data: string): string {
  try {
    return atob(data);
  } catch {
    return "";
  }
}

/** The first colour of the palette, by the strongest part of it. */
function colourOf(png: string): readonly string[] {
  const at = png.indexOf("PLTE");
  if (at < 0) return [];
  const [red = 0, green = 0, blue = 0] = [...png.slice(at + 4, at + 7)].map((one) =>
    one.charCodeAt(0)
  );
  if (red === green && green === blue) return ["a grey picture"];
  const strongest = Math.max(red, green, blue);
  const name = strongest === red ? "red" : strongest === green ? "green" : "blue";
  return [`a ${name} picture`];
}

function textOf(pdf: string): readonly string[] {
  const lines = [...pdf.matchAll(/\(([^()]{1,500})\) Tj/g)].map(([, line]) => line);
  return lines.length === 0 ? [] : [`a document that says: ${lines.join(" ")}`];
}
