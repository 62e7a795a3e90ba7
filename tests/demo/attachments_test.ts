import { assertEquals } from "@std/assert";
import { seenIn } from "../../src/demo/attachments.ts";
import { PIXEL_PNG } from "../support/claude_code_turn.ts";

/** The beginning of a PNG whose palette has this colour alone. */
function png(red: number, green: number, blue: number): string {
  const head = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR....\0\0\0\x03PLTE";
  return btoa(head + String.fromCharCode(red, green, blue));
}

const pdf = (content: string): string => btoa(`%PDF-1.4\n${content}`);

const CASES: { name: string; value: unknown; want: readonly string[] }[] = [
  { name: "a red PNG", value: png(200, 10, 10), want: ["a red picture"] },
  { name: "a green PNG", value: png(0, 160, 0), want: ["a green picture"] },
  { name: "a blue PNG", value: png(0, 0, 255), want: ["a blue picture"] },
  { name: "a grey PNG", value: png(9, 9, 9), want: ["a grey picture"] },
  { name: "a data URL", value: `data:image/png;base64,${png(0, 0, 9)}`, want: ["a blue picture"] },
  {
    name: "what lies deep in a request",
    value: [{ content: [{ source: { data: png(9, 0, 0) } }, { file_data: pdf("(Hi.) Tj") }] }],
    want: ["a red picture", "a document that says: Hi."],
  },
  { name: "a PNG without a palette", value: PIXEL_PNG, want: [] },
  { name: "a PDF without plain text", value: pdf("stream"), want: [] },
  { name: "data that is cut", value: "JVBERi0xL", want: [] },
  { name: "text", value: ["Hello", 1, null], want: [] },
  { name: "data that is too long", value: png(1, 2, 3) + "A".repeat(70_000), want: [] },
];

for (const { name, value, want } of CASES) {
  Deno.test(`seenIn() of ${name}`, () => assertEquals(seenIn(value), want));
}
