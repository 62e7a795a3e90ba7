import { assert, assertEquals } from "@std/assert";
import { isDeeperThan } from "../src/json_text.ts";

const CASES: { name: string; text: string; want: boolean }[] = [
  { name: "nothing", text: "", want: false },
  { name: "two levels", text: '{"a":[1]}', want: false },
  { name: "three levels", text: '{"a":[{}]}', want: true },
  { name: "many values beside each other", text: "[[],[],[],{},{}]", want: false },
  { name: "brackets in a string", text: '["[[[[{{{{"]', want: false },
  { name: "brackets behind an escaped quote", text: String.raw`["\"[[[["]`, want: false },
  { name: "brackets behind an escaped backslash", text: String.raw`["\\",[[]]]`, want: true },
  { name: "brackets in a key", text: '{"[[[":1}', want: false },
  { name: "a string without an end", text: '["[[[[', want: false },
];

for (const { name, text, want } of CASES) {
  Deno.test(`isDeeperThan() says ${want} of ${name}`, () => {
    assertEquals(isDeeperThan(text, 2), want);
  });
}

Deno.test("isDeeperThan() takes little time for a large body", () => {
  const body = JSON.stringify(Array(100_000).fill({ a: "some text", b: [1, 2] }));
  const start = performance.now();
  isDeeperThan(body, 2000);
  assert(performance.now() - start < 500);
});
