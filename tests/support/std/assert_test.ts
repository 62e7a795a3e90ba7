import { assertEquals } from "@std/assert";

Deno.test("assertEquals() accepts equal values", () => {
  assertEquals({ a: [1] }, { a: [1] });
});
