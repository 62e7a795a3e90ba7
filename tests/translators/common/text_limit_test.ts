import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { limitBytes } from "../../../src/translators/common/text_limit.ts";

const CASES: { name: string; input: string; max: number; want: string }[] = [
  { name: "keeps a short text", input: "abc", max: 10, want: "abc" },
  { name: "keeps a text that just fits", input: "é".repeat(5), max: 10, want: "é".repeat(5) },
  { name: "cuts a long text", input: "abcdefghijkl", max: 10, want: "abcdefg…" },
  { name: "cuts before a character, not inside", input: "abcdef😀😀", max: 11, want: "abcdef…" },
];

for (const { name, input, max, want } of CASES) {
  Deno.test(`limitBytes() ${name}`, () => {
    assertEquals(limitBytes(input, max), want);
  });
}

Deno.test("limitBytes() never exceeds its limit", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 3, max: 40 }), (text, max) => {
      const cut = limitBytes(text, max);
      assert(new TextEncoder().encode(cut).length <= max);
      assert(cut === text || cut.endsWith("…"));
    }),
  );
});
