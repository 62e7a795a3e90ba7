import { assertEquals } from "@std/assert";
import { concatBytes, encodeText } from "../src/bytes.ts";

Deno.test("concatBytes() joins the pieces in order, and copies them", () => {
  const first = new Uint8Array([1, 2]);
  const whole = concatBytes([first, new Uint8Array(), new Uint8Array([0, 3, 9]).subarray(1)]);
  first[0] = 7;
  assertEquals([...whole], [1, 2, 3, 9]);
  assertEquals(concatBytes([]).length, 0);
});

Deno.test("encodeText() writes UTF-8 of texts of any length", () => {
  for (const text of ["", "plain", "ü日😀", "日".repeat(100_000), "\ud800"]) {
    assertEquals(encodeText(text), new TextEncoder().encode(text));
  }
});

Deno.test("encodeText() gives every text bytes of its own", () => {
  const first = encodeText("first");
  encodeText("other");
  assertEquals(new TextDecoder().decode(first), "first");
});
