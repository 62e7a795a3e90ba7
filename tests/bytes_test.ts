import { assertEquals } from "@std/assert";
import { concatBytes } from "../src/bytes.ts";

Deno.test("concatBytes() joins the pieces in order, and copies them", () => {
  const first = new Uint8Array([1, 2]);
  const whole = concatBytes([first, new Uint8Array(), new Uint8Array([0, 3, 9]).subarray(1)]);
  first[0] = 7;
  assertEquals([...whole], [1, 2, 3, 9]);
  assertEquals(concatBytes([]).length, 0);
});
