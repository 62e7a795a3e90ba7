import { assertEquals, assertThrows } from "@std/assert";
import { LongTexts } from "../../src/anthropic/long_texts.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function keep(texts: LongTexts, json: string): string {
  return decoder.decode(texts.keep(encoder.encode(json)));
}

Deno.test("LongTexts restore a text as it reads", () => {
  const texts = new LongTexts();
  const [first, second] = [keep(texts, String.raw`\"日本\"\n`), keep(texts, "\ufeffb")];
  assertEquals(texts.restored(`a ${first}${second} c`), 'a "日本"\n\ufeffb c');
  assertEquals(texts.restored("nothing of that kind"), "nothing of that kind");
});

Deno.test("LongTexts restore JSON text with its escapes", () => {
  const texts = new LongTexts();
  const json = JSON.stringify({ a: ["x", keep(texts, String.raw`\"\/`)] });
  assertEquals(texts.restoredJson(json), String.raw`{"a":["x","\"\/"]}`);
});

Deno.test("LongTexts restore a value in place", () => {
  const texts = new LongTexts();
  const value = { a: [1, null, { b: keep(texts, "c") }], d: keep(texts, "e") };
  assertEquals(texts.restoredAll(value), value);
  assertEquals<unknown>(value, { a: [1, null, { b: "c" }], d: "e" });
  assertEquals(texts.restoredAll(keep(texts, "f")), "f");
});

Deno.test("LongTexts know nothing of another request's texts", () => {
  const theirs = keep(new LongTexts(), "x");
  assertThrows(() => new LongTexts().restored(theirs), RangeError, "another request");
});

Deno.test("LongTexts copy the first texts, and leave the others where they are", () => {
  const texts = new LongTexts(3);
  const bytes = encoder.encode("abcdef");
  const first = decoder.decode(texts.keep(bytes.subarray(0, 3)));
  const second = decoder.decode(texts.keep(bytes.subarray(3)));
  bytes.fill(0x78);
  assertEquals([texts.restored(first), texts.restored(second)], ["abc", "xxx"]);
});

Deno.test("LongTexts are empty until one is kept", () => {
  const texts = new LongTexts();
  assertEquals([texts.isEmpty, texts.isOpen], [true, true]);
  keep(texts, "x");
  assertEquals(texts.isEmpty, false);
});
